#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

//! The contract as a client meets it, over a desk that answers with little and remembers what it
//! was asked.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;
use yizheng_pack::pack::Origin;
use yizheng_pack::scope::Scope;

use super::desk::*;
use super::dto::*;
use super::error::ApiError;
use super::{Settings, openapi, router};

/// What the desk was asked, in words.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers what these tests ask for; nothing else is found.
struct SmallDesk(Asked);

impl SmallDesk {
    fn note(&self, scope: &Scope, what: String) {
        self.0.lock().unwrap().push(format!("{}: {what}", scope.actor()));
    }
}

macro_rules! nothing {
    ($(fn $name:ident(&self $(, $argument:ident: $type:ty)*) -> $answer:ty;)*) => { $(
        fn $name(&self, _: &Scope $(, $argument: $type)*) -> Answer<$answer> {
            let _ = ($(&$argument,)*);
            Err(ApiError::not_found(stringify!($name)))
        }
    )* };
}

impl Desk for SmallDesk {
    nothing! {
        fn meta(&self) -> Meta;
        fn overview(&self, query: &PeriodQuery) -> Overview;
        fn reporting(&self, query: &ReportingQuery) -> Vec<ReportingRow>;
        fn indicator(&self, id: &str) -> Indicator;
        fn figures(&self, query: &FiguresQuery) -> Vec<Figure>;
        fn values(&self, query: &ValuesQuery) -> Vec<ValueRow>;
        fn explain(&self, indicator: &str, query: &ExplainQuery) -> Explanation;
        fn institutions(&self) -> Vec<InstitutionRow>;
        fn institution(&self, code: &str) -> Institution;
        fn submissions(&self, query: &SubmissionsQuery) -> Vec<SubmissionRow>;
        fn submission(&self, id: &str) -> Submission;
        fn submission_checks(&self, id: &str) -> Vec<CheckResult>;
        fn findings(&self, id: &str, query: &FindingsQuery, window: &Window) -> Stretch<Finding>;
        fn change_summary(&self, id: &str) -> ChangeSummary;
        fn changes(&self, id: &str, window: &Window) -> Stretch<Change>;
        fn explain_finding(&self, id: &str, explanation: NewExplanation) -> GivenExplanation;
        fn check_outcome(&self, token: &str) -> Outcome;
        fn check_findings(&self, token: &str, query: &FindingsQuery, window: &Window) -> Stretch<Finding>;
        fn check_findings_file(&self, token: &str, form: FindingsForm) -> Download;
        fn submit_zero(&self, request: ZeroReport) -> Outcome;
        fn alerts(&self, query: &AlertsQuery) -> Vec<AlertRow>;
        fn alert(&self, alert: &str) -> Alert;
        fn handle_alert(&self, alert: &str, action: NewAlertAction) -> Alert;
        fn alert_rules(&self) -> Vec<AlertRuleRow>;
        fn briefing(&self, query: &PeriodQuery) -> Briefing;
        fn plans(&self, query: &AsOfQuery) -> Vec<PlanRow>;
        fn plan(&self, plan: &str, query: &AsOfQuery) -> Plan;
        fn plan_items(&self, plan: &str, query: &AsOfQuery) -> Vec<PlanItemRow>;
        fn plan_targets(&self, plan: &str, query: &AsOfQuery) -> Vec<PlanTargetRow>;
        fn plan_reminders(&self, plan: &str, query: &AsOfQuery) -> Vec<PlanReminder>;
        fn plan_item(&self, plan: &str, item: &str, query: &AsOfQuery) -> PlanItem;
        fn assign_plan_item(&self, plan: &str, item: &str, new: NewPlanAssignment) -> PlanItem;
        fn add_plan_progress(&self, plan: &str, item: &str, new: NewPlanProgress) -> PlanItem;
        fn withdraw_plan_progress(&self, plan: &str, item: &str, entry: &str, reason: Withdrawal) -> PlanItem;
        fn bulletin_kinds(&self) -> Vec<BulletinKindRow>;
        fn bulletins(&self) -> Vec<BulletinRow>;
        fn bulletin(&self, bulletin: &str) -> Bulletin;
        fn draft_bulletin(&self, new: NewBulletin) -> Bulletin;
        fn renew_bulletin(&self, bulletin: &str, seen: BulletinSeen) -> Bulletin;
        fn edit_bulletin(&self, bulletin: &str, prose: BulletinProse) -> Bulletin;
        fn handle_bulletin(&self, bulletin: &str, action: NewBulletinAction) -> Bulletin;
        fn bulletin_check(&self, bulletin: &str) -> BulletinCheck;
        fn bulletin_file(&self, bulletin: &str, form: PaperForm) -> Download;
        fn meeting(&self, query: &MeetingQuery) -> Meeting;
        fn meeting_file(&self, query: &MeetingQuery, form: PaperForm) -> Download;
        fn datasets(&self) -> Vec<DatasetRow>;
        fn definition_changes(&self) -> Vec<DefinitionChange>;
        fn definitions(&self, query: &DefinitionsQuery) -> Vec<DefinitionRow>;
        fn dataset_template(&self, id: &str) -> Download;
        fn dataset_workbook(&self, id: &str, query: &TemplateQuery) -> Download;
        fn form(&self, id: &str, query: &FormQuery) -> DatasetForm;
        fn submit_form(&self, id: &str, form: FilledForm) -> Outcome;
        fn check_form(&self, id: &str, form: FilledForm) -> Outcome;
        fn urging(&self, query: &UrgingQuery) -> Vec<UrgingRow>;
    }

    fn indicators(&self, scope: &Scope) -> Answer<Vec<IndicatorRow>> {
        self.note(scope, "indicators".into());
        let row = |id: &str, name: &str| IndicatorRow {
            id: id.into(),
            name: name.into(),
            domain: "运行效率".into(),
            status: DefinitionStatus::Active,
            unit: "天".into(),
            direction: Direction::Down,
            dataset: "住院病案首页".into(),
            purpose: "用途".into(),
            legal_basis: "依据".into(),
        };
        Ok(vec![row("EFF01", "平均住院日"), row("EFF05", "住院超过30天患者占比")])
    }

    fn explain_rows(
        &self,
        scope: &Scope,
        indicator: &str,
        query: &ExplainRowsQuery,
        window: &Window,
    ) -> Answer<(Vec<ExplainColumn>, Stretch<ExplainRow>)> {
        self.note(scope, format!("rows {indicator} {:?} {:?} from {}", query.part, window.sort, window.offset));
        let column = |code: &str, name: &str, numeric| ExplainColumn { code: code.into(), name: name.into(), numeric, by_definition: numeric };
        let institution = InstitutionRef { code: "X".into(), name: "甲院".into(), level: None, class: None };
        let row = ExplainRow {
            institution,
            submission: "s1".into(),
            sheet: None,
            row: 2,
            adds: "3".into(),
            cells: vec![Some("007".into()), Some("3".into())],
        };
        let rows = if window.offset == 0 { vec![row] } else { Vec::new() };
        Ok((vec![column("A48", "病案号", false), column("B20", "住院天数", true)], Stretch { total: 1, rows }))
    }

    fn findings_file(&self, scope: &Scope, id: &str, form: FindingsForm) -> Answer<Download> {
        self.note(scope, format!("file {id} {form:?}"));
        Ok(Download { file_name: "问题 1.csv".into(), media_type: "text/csv", content: Content::Bytes(b"a,b\n".to_vec()) })
    }

    fn definition(&self, scope: &Scope, to: &DefinitionRef) -> Answer<DefinitionPage> {
        self.note(scope, format!("definition {:?} {}", to.kind, to.id));
        let span = |text: &str, to: Option<DefinitionRef>, code| DefinitionSpan { text: text.into(), to, code };
        let dataset = DefinitionRef { kind: DefinitionKind::Dataset, id: "frontpage".into() };
        let text = vec![span("见", None, false), span("首页", Some(dataset), false)];
        let fact = DefinitionFact { name: "分母".into(), text: text.clone(), formula: "count(*)".into() };
        let table = DefinitionBlock::Table { columns: vec!["编号".into()], rows: vec![vec![vec![span("A01", None, true)]]] };
        let blocks = vec![DefinitionBlock::Text { text }, DefinitionBlock::Facts { facts: vec![fact] }, table];
        Ok(DefinitionPage {
            kind: to.kind,
            id: to.id.clone(),
            name: "平均住院日".into(),
            status: DefinitionStatus::Active,
            head: Vec::new(),
            sections: vec![DefinitionSection { title: "口径".into(), blocks }],
            examples: Vec::new(),
            definition_file: "indicators/EFF01.toml".into(),
        })
    }

    fn dataset(&self, _: &Scope, id: &str) -> Answer<Dataset> {
        panic!("a bug with {id}")
    }

    fn check(&self, scope: &Scope, request: CheckRequest) -> Answer<Outcome> {
        let CheckRequest { dataset, institution, period, upload } = request;
        let content = std::fs::read_to_string(&upload.path).unwrap();
        self.note(scope, format!("check {dataset} {institution:?} {period:?} {} {content}", upload.file_name));
        self.note(scope, upload.path.to_string_lossy().into_owned());
        Err(ApiError::expired())
    }

    fn submit(&self, scope: &Scope, request: SubmitRequest) -> Answer<Outcome> {
        self.note(scope, format!("submit {:?} confirmed {}", request.mode, request.confirm_disappearing));
        Err(ApiError::disappearing(Disappearing { count: 2, keys: vec!["1/1".into(), "2/1".into()] }))
    }
}

struct Client {
    router: axum::Router,
    asked: Asked,
    _temporary: tempfile::TempDir,
}

impl Client {
    fn new() -> Self {
        let asked = Asked::default();
        let temporary = tempfile::tempdir().unwrap();
        let settings = Settings {
            scope: Scope::whole_region("测试员"),
            temporary: temporary.path().to_owned(),
            max_upload: 1000,
            origin: Origin { pack: "national 9".into(), fingerprint: "f00d".into(), program: "1.2.3".into() },
        };
        Self { router: router(Arc::new(SmallDesk(asked.clone())), settings), asked, _temporary: temporary }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    async fn get(&self, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn json(&self, path: &str) -> (u16, serde_json::Value) {
        let (status, _, bytes) = self.get(path).await;
        (status.as_u16(), serde_json::from_slice(&bytes).unwrap())
    }

    /// Sends a form of text fields and, at the end, a file.
    async fn form(&self, path: &str, fields: &[(&str, &str)], file: Option<&str>) -> (u16, serde_json::Value) {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        if let Some(content) = file {
            body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\导出\\\\a.csv\"\r\n\r\n";
            body += &format!("{content}\r\n");
        }
        body += "--b--\r\n";
        let request = Request::post(path).header("content-type", "multipart/form-data; boundary=b").body(Body::from(body));
        let (status, _, bytes) = self.send(request.unwrap()).await;
        (status.as_u16(), serde_json::from_slice(&bytes).unwrap())
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_table_is_paged_within_the_callers_scope() {
    let client = Client::new();
    let (status, page) = client.json("/api/indicators?size=1&sort=-id").await;
    assert_eq!(status, 200);
    assert_eq!((page["total"].as_u64(), page["rows"][0]["id"].as_str()), (Some(2), Some("EFF05")));
    assert_eq!(client.asked(), ["测试员: indicators"]);
}

#[tokio::test]
async fn an_export_is_a_file_with_a_chinese_name() {
    let client = Client::new();
    let (status, headers, bytes) = client.get("/api/indicators?format=csv&columns=id,status").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-disposition"], "attachment; filename*=UTF-8''%E6%8C%87%E6%A0%87%E7%9B%AE%E5%BD%95.csv");
    assert_eq!(headers["cache-control"], "no-store");
    // A csv has no other place for what its numbers come from.
    let origin = ["yizheng-pack", "yizheng-fingerprint", "yizheng-program"].map(|name| headers[name].to_str().unwrap());
    assert_eq!(origin, ["national 9", "f00d", "1.2.3"]);
    assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}编号,状态\nEFF01,启用\nEFF05,启用\n");
}

#[tokio::test]
async fn an_export_ends_well_when_it_is_compressed() {
    let client = Client::new();
    let request = Request::get("/api/indicators?format=csv").header("accept-encoding", "gzip");
    let (status, headers, bytes) = client.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((status, &headers["content-encoding"]), (StatusCode::OK, &"gzip".parse().unwrap()));
    assert!(!bytes.is_empty());
}

#[tokio::test]
async fn rows_behind_a_value_bring_their_own_columns() {
    let client = Client::new();
    let (_, page) = client.json("/api/explain/EFF01/rows?part=denominator&sort=-B20").await;
    assert_eq!(page["columns"][1]["code"], "B20");
    assert_eq!(page["rows"][0]["cells"][0], "007");
    let (_, _, bytes) = client.get("/api/explain/EFF01/rows?format=csv").await;
    let expected = "\u{feff}机构,登记号,病案号,住院天数,计入值,报送编号,工作表或文件,文件行\n甲院,X,007,3,3,s1,,2\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    let sort = Some(Sort { column: "B20".into(), descending: true });
    assert_eq!(client.asked()[0], format!("测试员: rows EFF01 {:?} {sort:?} from 0", Some(Part::Denominator)));
}

#[tokio::test]
async fn a_definition_comes_as_data() {
    let client = Client::new();
    let (status, page) = client.json("/api/definitions/indicator/EFF01").await;
    assert_eq!(status, 200);
    let expected = serde_json::json!([
        { "block": "text", "text": [{ "text": "见" }, { "text": "首页", "to": { "kind": "dataset", "id": "frontpage" } }] },
        { "block": "facts", "facts": [{
            "name": "分母", "formula": "count(*)",
            "text": [{ "text": "见" }, { "text": "首页", "to": { "kind": "dataset", "id": "frontpage" } }],
        }] },
        { "block": "table", "columns": ["编号"], "rows": [[[{ "text": "A01", "code": true }]]] },
    ]);
    assert_eq!(page["sections"][0]["blocks"], expected);
    assert_eq!(client.asked(), ["测试员: definition Indicator EFF01"]);
    // A kind that there is none of.
    let (status, problem) = client.json("/api/definitions/planet/EFF01").await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("E0404")));
    assert_eq!(client.json("/api/definitions?kind=planet").await.0, 400);
}

#[tokio::test]
async fn refusals_have_one_envelope() {
    let client = Client::new();
    for (path, status, code) in [
        ("/api/indicators/EFF99", 404, "E0404"),
        ("/api/nowhere", 404, "E0404"),
        ("/api/indicators?colour=red", 400, "E0400"),
        ("/api/indicators?page=1&page=2", 400, "E0400"),
        ("/api/indicators?page=one", 400, "E0400"),
        ("/api/figures?by=planet", 400, "E0400"),
        ("/api/submissions/s1/findings?sort=row", 400, "E0400"),
        ("/api/submissions/s1/findings/pdf", 404, "E0404"),
        ("/api/datasets/frontpage", 500, "E0500"),
    ] {
        let (found, problem) = client.json(path).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{path}");
        assert!(!problem["message"].as_str().unwrap().is_empty() && !problem["help"].as_str().unwrap().is_empty(), "{path}");
    }
    // The inside of a bug is not told.
    let (_, problem) = client.json("/api/datasets/frontpage").await;
    assert!(!problem.to_string().contains("a bug"));
}

#[tokio::test]
async fn a_dry_run_gets_the_file_and_its_name_without_directories() {
    let client = Client::new();
    let fields = [("dataset", "frontpage"), ("institution", ""), ("period", "2024-03")];
    let (status, problem) = client.form("/api/checks", &fields, Some("A01\n甲")).await;
    assert_eq!((status, problem["code"].as_str()), (410, Some("E0410")));
    let asked = client.asked();
    assert_eq!(asked[0], "测试员: check frontpage None Some(\"2024-03\") a.csv A01\n甲");
    let kept = asked[1].trim_start_matches("测试员: ");
    assert!(!std::path::Path::new(kept).exists(), "the upload is removed when the request ends");
}

#[tokio::test]
async fn forms_that_are_not_complete_are_refused_with_what_is_missing() {
    let client = Client::new();
    let whole = [("dataset", "frontpage"), ("institution", "X"), ("period", "2024-03")];
    let large = "x".repeat(1001);
    for (fields, file, status, says) in [
        (&whole[1..], Some("a"), 400, "数据集"),
        (&whole[..2], Some("a"), 400, "月份"),
        (&whole[..], None, 400, "没有选择文件"),
        (&whole[..], Some(large.as_str()), 413, "上限"),
        (&[whole[0], whole[1], whole[2], ("mode", "half")], Some("a"), 400, "报送方式"),
        (&[whole[0], whole[1], whole[2], ("colour", "red")], Some("a"), 400, "colour"),
    ] {
        let (found, problem) = client.form("/api/submissions", fields, file).await;
        assert_eq!(found, status, "{fields:?}");
        assert!(problem["message"].as_str().unwrap().contains(says), "{problem}");
    }
    assert!(client.asked().is_empty(), "none of these reached the desk");
}

#[tokio::test]
async fn rows_that_would_disappear_are_listed_for_confirmation() {
    let client = Client::new();
    let fields = [("dataset", "frontpage"), ("institution", "X"), ("period", "2024-03"), ("mode", "patch"), ("confirm_disappearing", "true")];
    let (status, problem) = client.form("/api/submissions", &fields, Some("a")).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("E0409")));
    assert_eq!(problem["disappearing"], serde_json::json!({ "count": 2, "keys": ["1/1", "2/1"] }));
    assert_eq!(client.asked(), ["测试员: submit Patch confirmed true"]);
}

#[tokio::test]
async fn another_sites_page_may_not_send_anything() {
    let client = Client::new();
    for (origin, status) in [(Some("http://evil.example"), 403), (Some("null"), 403), (Some("http://yizheng.local:8080"), 422), (None, 422)] {
        let body = r#"{"check":"FP001","key":"1/1","text":" "}"#;
        let mut request = Request::post("/api/submissions/s1/explanations").header("host", "yizheng.local:8080");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let (found, _, _) = client.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(found.as_u16(), status, "{origin:?}");
    }
}

#[tokio::test]
async fn pages_get_an_application_or_how_to_build_it() {
    let client = Client::new();
    let (status, headers, body) = client.get("/indicators/EFF01").await;
    let text = String::from_utf8(body).unwrap();
    // The pages are built apart; without them the server says how.
    let built = status == StatusCode::OK && text.contains("id=\"root\"");
    let explained = status == StatusCode::SERVICE_UNAVAILABLE && text.contains("cargo xtask setup");
    assert!(built || explained, "{status} {text}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let (status, _, _) = client.get("/assets/none-00000000.js").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "a missing script is not the application");
}

#[test]
fn every_operation_is_described_and_every_refusal_has_the_envelope() {
    let document = serde_json::to_value(openapi()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            let place = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place}: no summary");
            assert!(operation["operationId"].is_string(), "{place}: no operation id");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let schema = &response["content"]["application/json"]["schema"]["$ref"];
                assert!(status == "200" || schema == "#/components/schemas/Problem", "{place} {status}");
            }
        }
    }
    assert_eq!(
        operations, 75,
        "overview 6, indicators 6, institutions 3, submissions and dry runs 15, datasets 5, definitions 3, plans 13, alerts 6, forms and urging 8, bulletins 10"
    );
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(name.starts_with("Page_") || schema["description"].is_string(), "{name}: no description");
    }
}

#[test]
fn the_committed_document_is_this_one() {
    let committed = include_str!("../../../../web/openapi.json");
    let now = openapi().to_pretty_json().unwrap();
    assert!(committed.trim_end() == now.trim_end(), "the contract has changed: run `cargo xtask generate`");
}
