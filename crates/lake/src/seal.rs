//! Sealing: encryption by which a change, a swap or another key is noticed.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use crate::keys::Keys;

/// Bytes of a nonce, the number used once with each sealing.
pub const NONCE_LENGTH: usize = 12;

/// Encrypts and decrypts whole files. A trait, so that a certified module with a national algorithm
/// can stand in.
pub trait Seal: Send + Sync {
    /// Seals `plain`. `context` says what it is and must be given again to open it; `nonce` must
    /// never be used twice with the same key.
    ///
    /// # Errors
    /// When the content is larger than the algorithm allows.
    fn seal(&self, nonce: [u8; NONCE_LENGTH], context: &str, plain: &[u8]) -> Result<Vec<u8>, SealError>;

    /// Opens what [`Seal::seal`] made.
    ///
    /// # Errors
    /// When the content was changed, cut off, is of another context, or sealed with another key.
    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Longer than the algorithm allows.
    #[error("the content is too long to be sealed")]
    TooLong,
    /// Not a sealed file of this format.
    #[error("this is not a sealed file")]
    Format,
    /// Changed, or another key, or another file's content.
    #[error("the sealed file was changed, or belongs elsewhere, or the key is another one")]
    Refused,
}

/// First bytes of a sealed file: format and version.
const MAGIC: &[u8; 8] = b"YZSEAL\x00\x01";

/// AES-256-GCM: magic, nonce, ciphertext with tag.
pub(crate) struct AesGcmSeal(Aes256Gcm);

impl AesGcmSeal {
    pub fn new(keys: &Keys) -> Self {
        Self(Aes256Gcm::new(&keys.sealing.into()))
    }
}

impl Seal for AesGcmSeal {
    fn seal(&self, nonce: [u8; NONCE_LENGTH], context: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let body = self.0.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::TooLong)?;
        Ok([MAGIC.as_slice(), &nonce, &body].concat())
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let rest = sealed.strip_prefix(MAGIC).ok_or(SealError::Format)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(SealError::Format)?;
        let payload = Payload { msg: body, aad: context.as_bytes() };
        self.0.decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError::Refused)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn seal(seed: u64) -> AesGcmSeal {
        AesGcmSeal::new(&Keys::generate(&mut StdRng::seed_from_u64(seed)))
    }

    #[test]
    fn only_the_same_key_and_context_open_it() {
        let sealed = seal(1).seal([7; 12], "identity/a", "张三".as_bytes()).unwrap();
        assert_eq!(seal(1).open("identity/a", &sealed).unwrap(), "张三".as_bytes());
        assert_eq!(seal(2).open("identity/a", &sealed), Err(SealError::Refused));
        assert_eq!(seal(1).open("identity/b", &sealed), Err(SealError::Refused));
        assert!(!sealed.windows(3).any(|w| w == "张".as_bytes()));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let sealed = seal(1).seal([7; 12], "c", b"content").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            *changed.get_mut(at).unwrap() ^= 1;
            assert!(seal(1).open("c", &changed).is_err(), "byte {at}");
            assert!(seal(1).open("c", sealed.get(..at).unwrap()).is_err(), "cut at {at}");
        }
    }
}
