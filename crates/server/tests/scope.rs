//! No endpoint tells anything of an institution outside the caller's scope.
//!
//! The paths come from the OpenAPI document, so a new endpoint is asked too; one that this test does
//! not know how to ask fails it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use common::{HOSPITAL, SmallRegion, TOWNSHIP};
use tower::ServiceExt;
use yizheng::api::{self, Settings};
use yizheng::app::Region;
use yizheng_pack::scope::Scope;

/// What must not be told: licence number, name, record numbers, file name, numbers of reports.
const SECRETS: [&str; 7] = [HOSPITAL, "第一人民医院", "P0000", "march.csv", "云澜一院", "471147", "620123"];

/// A plan and an item of it, as an address has them.
const PLAN: &str = "yunlan-2024";
/// The first draft of a region.
const BULLETIN: &str = "B0001";
const ITEM: &str = "1";

/// The plan: a target for each hospital of the third level, which the hospital misses.
const PLAN_TEXT: &str = r#"
id = "yunlan-2024"
name = "云澜市2024年医政工作要点"
status = "active"
purpose = "测试"
legal_basis = "自拟"
limits = "自拟"
place = "云澜市"
publisher = "云澜市卫生健康委员会"
year = 2024
from = 2024-01-01
to = 2024-12-31
chapter = [{ number = "一", title = "质量" }]

[[item]]
number = "1"
chapter = "一"
title = "平均住院日"
demand = "控制平均住院日。"
capability = "C13"
status_by = "target"
[[item.target]]
measures = "平均住院日"
operator = "at_most"
value = "3"
unit = "天"
indicator = "EFF01"
levels = ["3"]
"#;
const PACK_TEXT: &str = "id = \"place\"\nversion = \"1\"\nname = \"云澜市\"\npurpose = \"测试\"\n";

struct Asked {
    region: SmallRegion,
    runtime: Arc<tokio::runtime::Runtime>,
    desk: Arc<Region>,
    submission: String,
    alert: String,
}

impl Asked {
    fn new() -> Self {
        let region = SmallRegion::with_reports();
        region.add_pack("place", &[("pack.toml", PACK_TEXT), ("plans/yunlan-2024.toml", PLAN_TEXT)]);
        // The township reports April and the hospital does not: an alert about the hospital.
        region
            .command(&["submit", "--zero", "--dataset", "inpatient_front_page", "--institution", TOWNSHIP, "--period", "2024-04"])
            .success();
        let file = region.front_pages("march.csv", 20, "2024-03");
        region.submit(&file, "2024-03").success();
        let submission = region.csv(&["submissions"])[0]["id"].clone();
        // A report of the hospital and one of the region itself, which is for the regulator alone.
        for (dataset, who, text) in [
            ("t_service", HOSPITAL, format!("ORG,MONTH,VISITS,OUT\n{HOSPITAL},2024-03,471147,20\n")),
            ("t_region", "990001", "ORG,MONTH,PEOPLE\n990001,2024-03,620123\n".to_owned()),
        ] {
            let file = region.write(&format!("{dataset}.csv"), text.as_bytes());
            region
                .command(&["submit", "--dataset", dataset, "--institution", who, "--period", "2024-03", file.to_str().unwrap()])
                .success();
        }
        region.command(&["bulletin", "draft", "--period", "2024-03"]).success();
        let desk = Arc::new(Region::open(&region.dir()).unwrap());
        let alert = region.csv(&["alerts", "--institution", HOSPITAL])[0]["id"].clone();
        Self { runtime: desk.runtime(), desk, submission, alert, region }
    }

    fn ask(&self, scope: &Scope, request: Request<Body>) -> (StatusCode, String) {
        let settings = Settings {
            scope: scope.clone(),
            temporary: self.region.dir(),
            max_upload: 1 << 20,
            origin: self.desk.origin(),
        };
        let router = api::router(self.desk.clone(), settings);
        self.runtime.block_on(async move {
            let answer = router.oneshot(request).await.unwrap();
            let status = answer.status();
            let body = to_bytes(answer.into_body(), 64 << 20).await.unwrap();
            (status, String::from_utf8_lossy(&body).into_owned())
        })
    }

    /// The path with the hospital's things in it, asked in the widest way.
    fn get(&self, path: &str) -> Request<Body> {
        let path = path
            .replace("/institutions/{code}", &format!("/institutions/{HOSPITAL}"))
            .replace("/submissions/{id}", &format!("/submissions/{}", self.submission))
            .replace("/datasets/{id}/form", "/datasets/t_service/form")
            .replace("/datasets/{id}", "/datasets/inpatient_front_page")
            .replace("/indicators/{id}", "/indicators/EFF01")
            .replace("/definitions/{kind}/{id}", "/definitions/indicator/EFF01")
            .replace("{indicator}", "EFF01")
            .replace("{alert}", &self.alert)
            .replace("{plan}", PLAN)
            .replace("{item}", ITEM)
            .replace("{token}", "00000000000000000000000000000000")
            .replace("{bulletin}", BULLETIN)
            .replace("{form}", "csv");
        assert!(!path.contains('{'), "this test does not know how to ask {path}: teach it");
        let query = if path.contains("/explain/") {
            format!("?period=2024-03&by=institution&institution={HOSPITAL}")
        } else if path.ends_with("/form") {
            format!("?institution={HOSPITAL}&period=2024-03")
        } else if path.ends_with("/template.xlsx") {
            format!("?institution={HOSPITAL}")
        } else if path.ends_with("/figures") || path.ends_with("/values") {
            "?by=institution".to_owned()
        } else {
            String::new()
        };
        Request::builder().uri(format!("{path}{query}")).body(Body::empty()).unwrap()
    }

    fn post(&self, path: &str) -> Request<Body> {
        let path = path
            .replace("{id}", &self.submission)
            .replace("{alert}", &self.alert)
            .replace("{plan}", PLAN)
            .replace("{item}", ITEM)
            .replace("{bulletin}", BULLETIN)
            .replace("{entry}", "00000000000000000000000000000000");
        let request = Request::builder().method(Method::POST).uri(&path);
        if path.ends_with("/zero") {
            let body = serde_json::json!({ "dataset": "inpatient_front_page", "institution": HOSPITAL, "period": "2024-03", "confirm_disappearing": true });
            return request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap();
        }
        if path.ends_with("/explanations") {
            let body = serde_json::json!({ "check": "FP033", "key": "P000001/1", "text": "说明" });
            return request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap();
        }
        if path.contains("/bulletins") {
            let body = match path.rsplit('/').next() {
                Some("bulletins") => serde_json::json!({ "period": "2024-03" }),
                Some("actions") => serde_json::json!({ "action": "approve", "revision": 1, "person": "张三" }),
                Some("prose") => serde_json::json!({ "revision": 1, "opening": "开头", "demands": ["要求"] }),
                _ => serde_json::json!({ "revision": 1 }),
            };
            return request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap();
        }
        if path.contains("/alerts/") {
            let body = serde_json::json!({ "action": "explain", "text": "说明" });
            return request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap();
        }
        if path.contains("/plans/") {
            let body = match path.rsplit('/').next() {
                Some("assignments") => serde_json::json!({ "lead": "医政科", "person": "张三" }),
                Some("progress") => serde_json::json!({ "on": "2024-03-31", "kind": "progress", "person": "张三", "text": "进展" }),
                _ => serde_json::json!({ "reason": "录错" }),
            };
            return request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap();
        }
        let mut form = String::new();
        for (name, value) in [("dataset", "inpatient_front_page"), ("institution", HOSPITAL), ("period", "2024-03"), ("confirm_disappearing", "true")] {
            if path.ends_with("/checks") && name == "confirm_disappearing" {
                continue;
            }
            form += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        form += &format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"other.csv\"\r\nContent-Type: text/csv\r\n\r\n{}\r\n--b--\r\n",
            common::HEADER
        );
        request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=b").body(Body::from(form)).unwrap()
    }
}

#[test]
fn nothing_outside_the_scope_is_told() {
    let asked = Asked::new();
    let document = serde_json::to_value(api::openapi()).unwrap();
    let operations: BTreeMap<String, Vec<String>> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, methods)| (path.clone(), methods.as_object().unwrap().keys().cloned().collect()))
        .collect();
    assert!(operations.len() > 20, "the document lists {} paths", operations.len());
    let nobody = Scope::nothing("anonymous");
    let other = Scope::institutions("other", [TOWNSHIP.to_owned()]);
    let whole = Scope::whole_region("regulator");
    let (mut told_to_whole, mut asks) = (0, 0);
    for (path, methods) in &operations {
        for method in methods {
            let request = || match method.as_str() {
                "get" => asked.get(path),
                "post" => asked.post(path),
                other => panic!("this test does not know how to {other} {path}: teach it"),
            };
            for scope in [&nobody, &other] {
                asks += 1;
                let (status, body) = asked.ask(scope, request());
                assert!(!status.is_server_error(), "{method} {path} for {}: {status} {body}", scope.actor());
                for secret in SECRETS {
                    let echoed = body.contains("没有找到") && status == StatusCode::NOT_FOUND;
                    assert!(echoed || !body.contains(secret), "{method} {path} tells {} of `{secret}`: {body}", scope.actor());
                }
                if method == "post" {
                    assert!(status.is_client_error(), "{method} {path} for {}: {status} {body}", scope.actor());
                }
            }
            // The questions are real ones: the regulator's answers hold the secrets.
            if method == "get" {
                let (_, body) = asked.ask(&whole, request());
                told_to_whole += usize::from(SECRETS.iter().any(|secret| body.contains(secret)));
            }
        }
    }
    assert!(told_to_whole >= 10, "only {told_to_whole} questions were about the hospital at all");
    println!("{} paths, {asks} questions out of scope, {told_to_whole} answered to the regulator", operations.len());
    // And nothing was changed by any of it.
    assert_eq!(asked.region.csv(&["submissions"]).len(), 4);
    // What is of the region itself is nobody else's.
    let form = "/api/datasets/t_region/form?institution=990001&period=2024-03";
    let ask = |scope: &Scope| asked.ask(scope, Request::builder().uri(form).body(Body::empty()).unwrap());
    assert!(ask(&whole).1.contains("620123"));
    assert_eq!(ask(&other).0, StatusCode::NOT_FOUND);
    assert_eq!(asked.region.csv(&["alerts", "--institution", HOSPITAL])[0]["status"], "open");
}
