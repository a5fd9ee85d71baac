// A worker spoken to without the page: its replies are kept until they are asked for.
const startEngine = (loader) => {
  const engine = { replies: [], worker: new Worker(loader) };
  engine.worker.onmessage = ({ data }) => {
    const bytes = data.bytes ? Array.from(new Uint8Array(data.bytes)) : null;
    engine.replies.push(data.message ? { reply: Array.from(data.message), bytes } : data);
  };
  engine.worker.onerror = (event) => {
    event.preventDefault();
    engine.replies.push({ broken: event.message ?? "its files could not be loaded" });
  };
  window.engine = engine;
};
const tellEngine = (request, text) => {
  const message = { message: new Uint8Array(request) };
  if (text !== null) message.files = [new File([text], 'log.csv')];
  window.engine.worker.postMessage(message);
};
// `make` returns the parts of each file's text: more than a message of the driver can carry.
const tellEngineMade = (request, make) => {
  const files = new Function(make)().map((parts, at) => new File(parts, `table-${at}.csv`));
  window.engine.worker.postMessage({ message: new Uint8Array(request), files });
};
const countsOfEngine = () => window.engine.worker.postMessage("counts");
const takeReplies = () => window.engine.replies.splice(0);
