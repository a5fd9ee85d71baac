//! What columns are called in the logs of this field.
use super::{FeatureGroup, Role};

/// Words separated by spaces: a list that stays readable.
pub(super) type Words = &'static str;

/// Whether `word` is one of `words`.
pub(super) fn is_one_of(word: &str, words: &str) -> bool {
    words.split_whitespace().any(|one| one == word)
}

/// Click columns, the surest name first.
pub(super) const CLICK: Words = "
    click clicked is_click is_clicked clk is_clk clicks click_label label_click ctr_label has_click click_flag
    y_click did_click ctr visit visited is_visit opened is_open tapped is_tap clic geklickt klick
    点击 是否点击 点击标签 已点击 點擊 是否點擊 クリック クリック有無 クリック数 클릭 клик";

/// Conversion columns, the surest name first.
pub(super) const CONVERSION: Words = "
    conversion conversions converted is_conversion is_converted conv is_conv has_conversion did_convert
    conversion_label label_conversion cvr_label y_conversion purchase purchased is_purchase is_purchased
    purchases purchase_label label_purchase buy is_buy bought is_bought order ordered is_order orders pay paid
    is_pay payment transaction is_transaction sale install installed is_install apply applied is_apply signup
    sign_up subscribed cvr ctcvr_label ctcvr pay_cnt order_cnt buy_cnt purchase_cnt conversion_cnt conv_cnt
    booking bookings booked is_book is_booked book trade is_trade traded deal is_deal subscribe is_subscribe lead is_lead
    activation is_activate activated deposit is_deposit checkout checked_out gmv_label
    转化 是否转化 已转化 转化标签 購買 购买 是否购买 成交 是否成交 下单 是否下单 支付 是否支付 付款 轉化
    コンバージョン コンバージョン有無 成約 購入 購入有無 注文 전환 구매 конверсия покупка конверсии
    gekauft kauf konversion compra comprado conversión achat acheté";

/// DAction columns: what a user does between click and purchase.
pub(super) const ACTION: Words = "
    action is_action daction action_label cart is_cart add_to_cart addtocart added_to_cart add_cart in_cart atc
    cart_add wishlist wish is_wish add_to_wishlist added_to_wishlist favorite favourite favorites favourites
    favorited fav is_fav is_favorite collect is_collect collected save saved";

/// Names of labels that don't say of what; digits may follow.
pub(super) const LABEL: Words = "label y z target outcome response is_label task y_ z_ label_ task_ target_";

/// Names of a log's only label, the surest first.
pub(super) const ONE_LABEL: Words = "
    label labels y target outcome response is_label class revenue subscribed deposit churn default exited finish is_finish
    like is_like follow is_follow share is_share 标签 ラベル";

/// Words that make an unlisted name a click's, such as `label_is_click`.
pub(super) const CLICK_WORDS: Words = "click clicked clk";

/// Words that make an unlisted name a conversion's.
pub(super) const CONVERSION_WORDS: Words = "conversion converted purchase purchased buy bought order ordered paid";

/// Words that make an outcome a thing of the past, and so a feature.
pub(super) const HISTORY_WORDS: Words = "
    last prev previous prior past hist history before ever user item count cnt num rate avg days recent";

pub(super) const USER: Words = "
    user_id userid uid user customer_id customer member_id visitor_id visitorid buyer_id account_id client_id
    cookie_id cookie person_id candidate_id";

pub(super) const ITEM: Words = "
    item_id itemid iid item product_id sku sku_id goods_id ad_id adid creative_id article_id news_id doc_id document_id
    content_id video_id movie_id job_id listing_id offer_id aid";

pub(super) const GROUP: Words = "
    search_id searchid query_id qid sid session_id sessionid session request_id pv_id pageview_id page_view_id
    impression_group group_id list_id";

pub(super) const TIME: Words = "
    time timestamp time_stamp ts datetime date_time event_time event_timestamp impression_time
    log_time created_at date event_date log_date ds dt unix_time epoch_time";

/// Times in whole hours.
pub(super) const HOUR: Words = "hour hours date_hour datehour event_hour log_hour dt_hour";

/// Words of dates that belong to a person or an item, and not to the impression.
pub(super) const PERSONS_DATES: Words = "
    birth birthday birthdate dob born since first last prev previous signup registered registration joined release
    released expiry expires";

/// Columns that say whether a purchase was returned.
pub(super) const RETURN: Words = "
    return returned is_return is_returned return_label refund refunded is_refund is_refunded chargeback";

pub(super) const CLICK_TIME: Words = "
    click_time click_timestamp click_ts clicked_at click_date click_datetime";

pub(super) const CONVERSION_TIME: Words = "
    conversion_time conversion_timestamp conversion_ts converted_at conversion_date conversion_datetime conv_time
    conv_ts purchase_time purchase_timestamp purchase_ts purchased_at purchase_date order_time order_timestamp
    ordered_at order_date buy_time bought_at pay_time payment_time paid_at sale_time sale_timestamp sale_date
    transaction_time transaction_date install_time installed_at";

pub(super) const RETURN_TIME: Words = "
    return_time return_timestamp return_ts returned_at return_date refund_time refund_timestamp refunded_at
    refund_date";

pub(super) const OBSERVED_UNTIL: Words = "observed_until snapshot_time snapshot_date as_of cutoff_time cutoff_date";

/// Columns that hold how long an outcome took: known only once it has happened.
pub(super) const OUTCOME_DELAY: Words = "
    conversion_delay conversion_lag time_to_conversion days_to_conversion hours_to_conversion purchase_delay
    time_to_purchase days_to_purchase time_delay_for_conversion return_delay time_to_return days_to_return";

/// Columns that say how many impressions a row stands for.
pub(super) const WEIGHT: Words = "
    sample_weight sample_weights sampling_weight sampling_weights instance_weight example_weight row_weight impression_weight
    importance_weight negative_weight neg_weight label_weight class_weight inverse_sampling_rate 样本权重 采样权重
    サンプル重み サンプリング重み";

/// Names that may say that, and much else.
pub(super) const MAYBE_WEIGHT: Words = "weight weights wt w importance multiplicity 权重 權重 重み";

/// Columns that say with what probability a row was kept.
pub(super) const SAMPLING_RATE: Words = "
    sampling_rate sampling_prob sampling_probability sampling_ratio negative_sampling_rate neg_sampling_rate neg_sample_rate
    downsampling_rate down_sampling_rate downsample_rate subsampling_rate subsample_rate keep_prob keep_probability
    keep_rate inclusion_probability inclusion_prob neg_rate negative_rate 采样率 采样概率 サンプリング率";

/// Names that may say that, and much else.
pub(super) const MAYBE_RATE: Words = "sample_rate sample_prob sample_ratio kept_share";

/// Parts of a name that say "a code, not a quantity", even where the values are numbers.
const CODE_WORDS: Words = "
    id ids cat category categorical code type segment seg brand city region country state zip gender sex os
    device slot channel hour weekday dayofweek dow month cluster class kind language campaign shop seller store
    publisher site app flag bucket group tag";

/// Parts of a name that say "a quantity".
const QUANTITY_WORDS: Words = "
    num numerical numeric count cnt price amount rate ratio score age days length duration total avg mean sum
    dense";

/// Lower case, words joined by `_`: `isClick`, `Is Click` and `is-click` are the same name.
pub(in crate::domain) fn normalized(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before_is_lower = false;
    for character in name.trim().chars() {
        if !character.is_alphanumeric() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            before_is_lower = false;
            continue;
        }
        if character.is_uppercase() && before_is_lower {
            out.push('_');
        }
        before_is_lower = character.is_lowercase();
        out.extend(character.to_lowercase());
    }
    out.trim_end_matches('_').to_owned()
}

/// Whether a name was given to a column without one.
pub(in crate::domain) fn is_made_up(name: &str) -> bool {
    name.strip_prefix("column_").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the column holds what only a generator knows.
pub(super) fn is_truth(name: &str) -> bool {
    name.starts_with("truth_") || name.starts_with("potential_")
}

/// What a name alone says about a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameHint {
    /// A layout's own word for a categorical field: holds however the values look.
    Code(&'static str),
    Quantity(&'static str),
    None,
}

pub(super) fn hint(name: &str) -> NameHint {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_field_number = |text: &str| {
        let (head, tail) = text.split_once('_').map_or((text, None), |(head, tail)| (head, Some(tail)));
        is_number(head) && tail.is_none_or(is_number)
    };
    if is_field_number(name) {
        return NameHint::Code(text!(inferred::name::field));
    }
    if name.strip_prefix('D').is_some_and(is_field_number) {
        return NameHint::Quantity(text!(inferred::name::dense_field));
    }
    let normalized = normalized(name);
    for (prefixes, found) in [
        (["c", "cat", "categorical", "sparse"], NameHint::Code(text!(inferred::name::categorical))),
        (["i", "num", "numerical", "dense"], NameHint::Quantity(text!(inferred::name::numerical))),
    ] {
        let numbered =
            |prefix: &str| normalized.strip_prefix(prefix).is_some_and(|rest| is_number(rest.trim_start_matches('_')));
        if prefixes.into_iter().any(numbered) {
            return found;
        }
    }
    let words: Vec<&str> =
        normalized.split('_').map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    // The quantity wins: "clicks_per_category_count" counts.
    if words.iter().any(|word| is_one_of(word, QUANTITY_WORDS)) {
        NameHint::Quantity(text!(inferred::name::quantity))
    } else if words.iter().any(|word| is_one_of(word, CODE_WORDS)) {
        NameHint::Code(text!(inferred::name::code))
    } else {
        NameHint::None
    }
}

/// The role that a name alone tells: a user's, an item's or a group's key, or a time.
pub(in crate::domain) fn role_of_name(name: &str) -> Option<Role> {
    // Of a nested field, what it is called within its object.
    let name = normalized(name.rsplit('.').next().unwrap_or(name));
    let roles = [(USER, Role::User), (ITEM, Role::Item), (GROUP, Role::Group), (TIME, Role::Time)];
    roles.into_iter().find(|(names, _)| is_one_of(&name, names)).map(|(_, role)| role)
}

/// Whether a name is this word, whatever its case and joints.
pub(in crate::domain) fn is_named(name: &str, word: &str) -> bool {
    normalized(name) == word
}

/// Whether a name is one of `words`, or one of its own words is.
pub(in crate::domain) fn is_one_of_words(name: &str, words: &str) -> bool {
    let name = normalized(name);
    is_one_of(&name, words) || name.split('_').any(|word| is_one_of(word, words))
}

/// Whether a column is named like an id or a code: its values are what is written, not what they count.
pub(super) fn is_id(name: &str) -> bool {
    let is_key = || {
        let name = normalized(name);
        [USER, ITEM, GROUP].iter().any(|names| is_one_of(&name, names))
    };
    matches!(hint(name), NameHint::Code(_)) || is_key()
}

/// Whether a column is named like a label.
pub(super) fn is_label(name: &str) -> bool {
    let name = normalized(name);
    [CLICK, CONVERSION, ACTION, RETURN, ONE_LABEL, LABEL].iter().any(|names| is_one_of(&name, names))
        || name.split('_').any(|word| is_one_of(word, CLICK_WORDS) || is_one_of(word, CONVERSION_WORDS))
}

/// Which part of the impression a feature describes, by its name.
pub fn feature_group(name: &str) -> FeatureGroup {
    const USER_WORDS: [&str; 6] = ["user", "u", "customer", "member", "visitor", "candidate"];
    const ITEM_WORDS: [&str; 9] = ["item", "i", "product", "ad", "goods", "sku", "article", "job", "listing"];
    // Ali-CCP numbers its fields: 1xx user, 2xx item, 3xx context, 5xx, 7xx and 8xx user-item combinations.
    let digits = name.strip_prefix('D').unwrap_or(name);
    let field = digits.split('_').next().unwrap_or_default();
    if field.len() == 3 && field.bytes().all(|byte| byte.is_ascii_digit()) {
        return match field.as_bytes()[0] {
            b'1' => FeatureGroup::User,
            b'2' => FeatureGroup::Item,
            _ => FeatureGroup::Context,
        };
    }
    let normalized = normalized(name);
    match normalized.split_once('_') {
        Some((head, _)) if USER_WORDS.contains(&head) => FeatureGroup::User,
        Some((head, _)) if ITEM_WORDS.contains(&head) => FeatureGroup::Item,
        _ => FeatureGroup::Context,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_whatever_their_case_and_joints() {
        for name in ["isClick", "Is Click", "is-click", " is_click ", "IS_CLICK"] {
            assert_eq!(normalized(name), "is_click", "{name:?}");
        }
    }

    #[test]
    fn layouts_of_known_logs_say_what_their_fields_are() {
        for code in ["101", "109_14", "853", "categorical_12", "C7", "user_segment_1", "zip_code", "hour"] {
            assert!(matches!(hint(code), NameHint::Code(_)), "{code}");
        }
        for quantity in ["D508", "D109_14", "numerical_3", "I12", "item_price", "click_count"] {
            assert!(matches!(hint(quantity), NameHint::Quantity(_)), "{quantity}");
        }
        for nothing in ["recency", "history", "mens"] {
            assert_eq!(hint(nothing), NameHint::None, "{nothing}");
        }
    }

    #[test]
    fn features_are_grouped_by_prefix_and_field_number() {
        for (name, group) in [
            ("user_segment_1", FeatureGroup::User),
            ("u_age", FeatureGroup::User),
            ("121", FeatureGroup::User),
            ("D109_14", FeatureGroup::User),
            ("item_brand", FeatureGroup::Item),
            ("i_price", FeatureGroup::Item),
            ("206", FeatureGroup::Item),
            ("301", FeatureGroup::Context),
            ("853", FeatureGroup::Context),
            ("hour", FeatureGroup::Context),
            ("useless", FeatureGroup::Context),
        ] {
            assert_eq!(feature_group(name), group, "{name}");
        }
    }
}
