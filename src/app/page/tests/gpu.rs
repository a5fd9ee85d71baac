//! The GPU: raced against the CPU, lost, silent, and tried again.

use super::*;

#[test]
fn a_gpu_that_is_lost_or_silent_gives_its_run_to_the_cpu() {
    for is_lost in [true, false] {
        let (mut browser, cpu, gpu) = Browser::with_gpu();
        assert_eq!(browser.trained(), [], "the GPU's first answer is waited for");
        let (millis, message) = browser.waits.pop().unwrap();
        assert_eq!((millis, &message), (90_000, &Message::GpuTimeIsUp(gpu)));
        if is_lost {
            browser.ready_on(gpu, DeviceKind::Webgpu);
            browser.load(gpu);
            browser.race(gpu, [10.0, 1000.0]);
            let trained = browser.trained();
            assert_eq!((trained.len(), trained[0].0, browser.page.device.active), (1, gpu, DeviceKind::Webgpu));
            browser.reply(gpu, progress(trained[0].1));
            browser.break_down(gpu);
        } else {
            browser.send(message);
        }
        assert_eq!((browser.page.device.active, browser.ended.as_slice()), (DeviceKind::Cpu, &[gpu][..]));
        assert!(browser.page.device.reason.len() > 3);
        let first = browser.page.session.runs[0].id;
        assert!(browser.trained().contains(&(cpu, first)), "the run starts again");
        assert_eq!(browser.count(|status| matches!(status, RunStatus::Failed { .. })), 0);
    }
}

#[test]
fn a_run_whose_gpu_is_lost_goes_on_from_its_snapshot_and_the_next_runs_may_have_the_gpu_again() {
    let (mut browser, cpu, mut gpu) = Browser::with_gpu();
    for loss in 1..=3 {
        browser.ready_on(gpu, DeviceKind::Webgpu);
        browser.load(gpu);
        browser.race(gpu, [10.0, 1000.0]);
        let (on, run) = browser.trained()[0];
        assert_eq!(on, gpu);
        browser.reply(gpu, progress_on(DeviceKind::Webgpu, run));
        let has_snapshot = loss > 1;
        if has_snapshot {
            browser.send(Message::SaveDue);
            answer_snapshot(&mut browser, gpu);
        }
        browser.break_down(gpu);
        let words = match &*browser.page.notice {
            Some(Notice::News(words)) => words.clone(),
            other => panic!("{other:?}"),
        };
        let expected = if has_snapshot { "continues on the CPU" } else { "begins again on the CPU" };
        assert!(words.contains(expected), "{words}");
        let is_it = |request: &Request| matches!(request, Request::Train { run: id, .. } if *id == run);
        let sent = browser.posted.iter().rev().find(|(_, request, _)| is_it(request));
        assert_eq!(sent.map(|(to, _, files)| (*to, files.len())), Some((cpu, usize::from(has_snapshot))), "{loss}");
        browser.send(Message::Stop);
        for (worker, run) in browser.trained() {
            browser.reply(worker, Reply::Stopped { run });
        }
        browser.send(Message::Train);
        let mut gpus = browser.started.iter().filter(|(_, program)| *program == Program::GpuEngine);
        let newest = gpus.next_back().unwrap().0;
        assert_eq!(newest == gpu, loss == 3, "a new device, and not for ever");
        gpu = newest;
    }
    assert_eq!(browser.page.device.active, DeviceKind::Cpu);
}

#[test]
fn a_run_that_was_told_to_stop_does_not_start_again_when_its_gpu_is_lost() {
    let (mut browser, _, gpu) = Browser::with_gpu();
    browser.ready_on(gpu, DeviceKind::Webgpu);
    browser.load(gpu);
    browser.race(gpu, [10.0, 1000.0]);
    let (_, run) = browser.trained()[0];
    browser.reply(gpu, progress(run));
    browser.send(Message::Stop);
    browser.break_down(gpu);
    assert_eq!(browser.trained(), []);
    assert_eq!(browser.page.session.run(run).map(|run| run.status.clone()), Some(RunStatus::Stopped));
}

#[test]
fn the_engine_that_wins_the_race_trains_and_the_chip_says_both_rates() {
    // Two cores train two runs at once.
    for (rates, winner) in [([100.0, 150.0], DeviceKind::Cpu), ([100.0, 250.0], DeviceKind::Webgpu)] {
        let (mut browser, _, gpu) = Browser::with_gpu();
        browser.ready_on(gpu, DeviceKind::Webgpu);
        assert!(browser.page.device.reason.contains("race"), "{}", browser.page.device.reason);
        browser.load(gpu);
        browser.race(gpu, rates);
        let first = browser.trained()[0];
        assert_eq!((first.0 == gpu, browser.page.device.active), (winner == DeviceKind::Webgpu, winner));
        let reason = browser.page.device.reason.clone();
        assert!(reason.contains("200") && reason.contains(&format!("{:.0}", rates[1])), "{reason}");
        // The same shapes again: nobody races.
        browser.send(Message::Stop);
        browser.send(Message::Train);
        assert!(!browser.asked().iter().any(|(_, _, question)| matches!(question, Question::Race(_))));
        // Whoever chooses is not asked to wait.
        browser.send(Message::ChooseDevice(DeviceChoice::Webgpu));
        assert_eq!((browser.page.device.active, browser.page.device.reason.as_str()), (DeviceKind::Webgpu, "adapter"));
    }
}

#[test]
fn a_gpu_that_is_lost_in_a_run_or_in_the_race_leaves_the_cpu_to_train() {
    for is_in_race in [true, false] {
        let (mut browser, _, gpu) = Browser::with_gpu();
        browser.ready_on(gpu, DeviceKind::Webgpu);
        browser.load(gpu);
        if !is_in_race {
            browser.race(gpu, [10.0, 1000.0]);
        }
        let detail = "async map a buffer".to_owned();
        let device = DeviceReport { kind: DeviceKind::Webgpu, detail, usable: false };
        browser.reply(gpu, Reply::Ready { protocol: VERSION, device });
        let runs = browser.page.session.runs.len();
        let trained = browser.trained();
        let on_cpu: Vec<_> = trained.iter().filter(|(worker, _)| *worker != gpu).collect();
        assert!(!on_cpu.is_empty(), "{trained:?}");
        assert_eq!(browser.count(|status| matches!(status, RunStatus::Failed { .. })), 0, "of {runs}");
        let reason = &browser.page.device.reason;
        assert!(reason.contains("lost") && !reason.contains("async"), "{reason}");
        browser.send(Message::Train);
        assert!(!browser.asked().iter().any(|(_, _, question)| matches!(question, Question::Race(_))));
    }
}

#[test]
fn an_engine_that_is_silent_in_the_race_loses() {
    let (mut browser, cpu, gpu) = Browser::with_gpu();
    browser.ready_on(gpu, DeviceKind::Webgpu);
    browser.load(gpu);
    for (worker, id, _) in browser.asked() {
        if worker == cpu {
            browser.reply(cpu, Reply::Answer { id, answer: Ok(Answer::Race { rows_per_second: 1.0 }) });
        }
    }
    assert_eq!(browser.trained(), []);
    // The alarm of an answer that has come changes nothing.
    let is_alarm = |(_, message): &(u32, Message)| matches!(message, Message::RaceTimeIsUp(_));
    let alarms: Vec<_> = browser.waits.extract_if(.., |wait| is_alarm(wait)).collect();
    assert_eq!(alarms.len(), 2);
    for (_, message) in alarms {
        browser.send(message);
    }
    assert!(browser.trained().iter().any(|(worker, _)| *worker == cpu));
    assert!(browser.page.device.reason.contains("no answer"), "{}", browser.page.device.reason);
}

#[test]
fn an_engine_that_cannot_race_loses() {
    for is_gpu in [true, false] {
        let (mut browser, _, gpu) = Browser::with_gpu();
        browser.ready_on(gpu, DeviceKind::Webgpu);
        if is_gpu {
            let id = browser.last_load(gpu);
            browser.race(gpu, [1.0, 1.0]);
            browser.reply(gpu, Reply::LoadFailed { id, message: "no memory".into() });
        } else {
            browser.load(gpu);
            for (worker, id, _) in browser.asked() {
                let rate = Answer::Race { rows_per_second: 1.0 };
                let answer = if worker == gpu { Ok(rate) } else { Err(Refusal("no".into())) };
                browser.reply(worker, Reply::Answer { id, answer });
            }
        }
        let trained = browser.trained();
        assert!(!trained.is_empty() && trained.iter().all(|(worker, _)| (*worker == gpu) != is_gpu), "{trained:?}");
    }
}
