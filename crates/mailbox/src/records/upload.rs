//! What is kept of an upload beside its octets.

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::{BodyHash, Timestamp, Upload};

pub(crate) fn write_upload(upload: &Upload) -> Bytes {
    let mut output = Output::version(1);
    output.plain(&upload.hash.0).number(upload.octets).signed(upload.time.0);
    output.done()
}

pub(crate) fn read_upload(value: &[u8]) -> Option<Upload> {
    let mut input = Input::version(value, 1)?;
    let hash = BodyHash(*input.plain::<32>()?);
    let (octets, time) = (input.number()?, Timestamp(input.signed()?));
    input.end().map(|()| Upload { hash, octets, time })
}

#[cfg(test)]
mod tests {
    use super::{BodyHash, Timestamp, Upload, read_upload, write_upload};

    #[test]
    fn an_upload_is_read_as_written() {
        let upload = Upload { hash: BodyHash([7; 32]), octets: 1 << 40, time: Timestamp(-5) };
        let value = write_upload(&upload);
        assert_eq!(read_upload(&value), Some(upload));
        assert_eq!(read_upload(&value[..20]), None);
    }
}
