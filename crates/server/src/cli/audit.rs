//! `yizheng audit`.

use chrono::Utc;
use clap::Subcommand;

use super::{CliError, DataArg, Outcome};
use crate::app::region::Region;

/// The audit chain (审计链).
#[derive(Subcommand)]
pub enum AuditCommand {
    /// Read the whole chain again: what was changed, removed, added or cut off behind the program's
    /// back is told, and fails the command.
    Verify(DataArg),
    /// Keep today's head of the chain in DIR/audit/heads.jsonl and print it. `serve` does it every day;
    /// a copy that lies elsewhere proves more.
    Head(DataArg),
}

/// `yizheng audit`.
pub fn run(command: AuditCommand) -> Outcome {
    match command {
        AuditCommand::Verify(data) => {
            let region = Region::open(&data.dir).map_err(CliError::failed)?;
            let report = region.audit().map_err(CliError::failed)?;
            let end = report.audit.head.as_ref().map_or_else(|| "无".to_owned(), |head| format!("第 {} 号 {}", head.event, head.sm3));
            println!("事件 {} 条，链尾：{end}", report.audit.events);
            println!("已存链头 {} 个", report.heads);
            for fault in &report.faults {
                println!("{fault}");
            }
            match report.faults.len() {
                0 => {
                    println!("审计链完整");
                    Ok(())
                }
                faults => Err(CliError::Found(format!("审计链有 {faults} 处问题：先保留现场和数据库备份，再查明原因"))),
            }
        }
        AuditCommand::Head(data) => {
            let region = Region::open(&data.dir).map_err(CliError::failed)?;
            match region.keep_audit_head(Utc::now()).map_err(CliError::failed)? {
                Some(head) => println!("第 {} 号 {}", head.event, head.sm3),
                None => println!("今天的链头已经保存，或还没有事件"),
            }
            Ok(())
        }
    }
}
