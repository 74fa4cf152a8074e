//! The audit chain from outside: heads of it that are kept in a file beside the database, signed, one
//! for each day, and what reading the chain against them finds.

use std::io::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sm3::Sm3;
use yizheng_casework::audit::{Audit, Fault, Head};

use super::region::{AppError, Region, civil, io, write_secret};

/// A head as a line of the file.
#[derive(Serialize, Deserialize)]
struct KeptHead {
    /// The day, of the country's clocks.
    day: NaiveDate,
    /// Number of the newest event.
    event: i64,
    /// Its link.
    sm3: String,
    /// HMAC-SM3 over the three, with the region's audit key, in hexadecimal.
    signature: String,
}

/// What an audit found.
#[derive(Debug)]
pub struct AuditReport {
    /// What reading the chain found.
    pub audit: Audit,
    /// Heads that were kept and are genuine.
    pub heads: usize,
    /// What is wrong, in plain Chinese.
    pub faults: Vec<String>,
}

impl Region {
    fn heads_file(&self) -> PathBuf {
        self.dir().join("audit/heads.jsonl")
    }

    /// The key that signs heads; made at the first use.
    fn audit_key(&self) -> Result<Vec<u8>, AppError> {
        let path = self.dir().join("keys/audit.key");
        write_secret(&path, || rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect())?;
        Ok(std::fs::read_to_string(&path).map_err(io("cannot read the audit key", &path))?.trim().as_bytes().to_vec())
    }

    fn signature(&self, day: NaiveDate, head: &Head) -> Result<String, AppError> {
        let mut mac = Hmac::<Sm3>::new_from_slice(&self.audit_key()?)
            .map_err(|error| AppError::Unreadable { path: self.dir().join("keys/audit.key"), why: error.to_string() })?;
        mac.update(format!("{day} {} {}", head.event, head.sm3).as_bytes());
        Ok(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn kept_heads(&self) -> Result<Vec<String>, AppError> {
        let path = self.heads_file();
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            text => Ok(text.map_err(io("cannot read the heads of the audit chain", &path))?.lines().map(str::to_owned).collect()),
        }
    }

    /// Keeps the head of the chain, once a day. Gives what was kept; `None` when the day has one
    /// already, or nothing has happened yet.
    ///
    /// # Errors
    /// When the store, the key or the file cannot be read or written.
    pub fn keep_audit_head(&self, now: DateTime<Utc>) -> Result<Option<Head>, AppError> {
        let day = civil(now).date();
        let newest = self.kept_heads()?.last().and_then(|line| serde_json::from_str::<KeptHead>(line).ok());
        if newest.is_some_and(|newest| newest.day >= day) {
            return Ok(None);
        }
        let Some(head) = self.runtime().block_on(self.store.audit_head())? else { return Ok(None) };
        let kept = KeptHead { day, event: head.event, sm3: head.sm3.clone(), signature: self.signature(day, &head)? };
        let path = self.heads_file();
        let folder = self.dir().join("audit");
        std::fs::create_dir_all(&folder).map_err(io("cannot make the folder", &folder))?;
        let line = serde_json::to_string(&kept).unwrap_or_default() + "\n";
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(io("cannot write", &path))?;
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(io("cannot write", &path))?;
        Ok(Some(head))
    }

    /// Reads the whole chain again and compares it with the heads that were kept.
    ///
    /// # Errors
    /// When the store, the key or the file cannot be read.
    pub fn audit(&self) -> Result<AuditReport, AppError> {
        let (mut heads, mut forged) = (Vec::new(), Vec::new());
        for (number, line) in self.kept_heads()?.iter().enumerate() {
            let kept: Option<KeptHead> = serde_json::from_str(line).ok();
            let genuine = match kept {
                Some(KeptHead { day, event, sm3, signature }) => {
                    let head = Head { event, sm3 };
                    (self.signature(day, &head)? == signature).then_some(head)
                }
                None => None,
            };
            match genuine {
                Some(head) => heads.push(head),
                None => forged.push(format!("链头文件第 {} 行的签名不符：这一行被改动或伪造", number + 1)),
            }
        }
        let audit = self.runtime().block_on(self.store.audit(&heads))?;
        let faults = audit.faults.iter().map(in_words).chain(forged).collect();
        Ok(AuditReport { audit, heads: heads.len(), faults })
    }
}

/// A fault as a person reads it.
fn in_words(fault: &Fault) -> String {
    match fault {
        Fault::Changed { event } => format!("第 {event} 号事件与链值不符：事件或链值被改动，或与别的事件调换"),
        Fault::Missing { from, to } if from == to => format!("第 {from} 号事件缺失：被删除"),
        Fault::Missing { from, to } => format!("第 {from} 号至第 {to} 号事件缺失：被删除"),
        Fault::Unlinked { event } => format!("第 {event} 号事件没有链值：不是由本程序写入"),
        Fault::Cut { event } => format!("审计链没有到达已存链头（第 {event} 号事件）：尾部被截去"),
        Fault::Rewritten { event } => format!("第 {event} 号事件的链值与已存链头不同：审计链被整段重写"),
    }
}
