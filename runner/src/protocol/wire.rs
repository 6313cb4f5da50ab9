//! How orders and frames look as bytes.
//!
//! One kind byte, the payload's length (`u32`, little endian) and the payload: raw bytes for output
//! and files, [postcard](https://docs.rs/postcard) for everything else.

use serde::{Deserialize, Serialize};

use super::{Frame, MAX_FRAME_BYTES, MAX_ORDER_BYTES, Order};

/// Why bytes could not be understood as frames. The connection is of no use after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolError {
    /// A kind byte that no frame has.
    UnknownKind(u8),
    /// A payload longer than its kind allows; the length in bytes.
    TooLong(u64),
    /// A payload that does not decode.
    Malformed,
}

impl std::fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKind(kind) => write!(f, "unknown frame kind {kind:#04x}"),
            Self::TooLong(length) => write!(f, "frame of {length} bytes is too long"),
            Self::Malformed => f.write_str("frame does not decode"),
        }
    }
}

impl std::error::Error for ProtocolError {}

const HEADER_BYTES: usize = 5;

const KIND_READY: u8 = 1;
const KIND_STEP_STARTED: u8 = 2;
const KIND_STDOUT: u8 = 3;
const KIND_STDERR: u8 = 4;
const KIND_STEP_ENDED: u8 = 5;
const KIND_ARTIFACT: u8 = 6;
const KIND_ARTIFACT_DATA: u8 = 7;
const KIND_COLLECTED: u8 = 8;
const KIND_REFUSED: u8 = 9;
const KIND_FAILED: u8 = 10;
const KIND_WARMED: u8 = 11;
const KIND_ORDER: u8 = 16;

impl Frame {
    /// The frame as it goes over the wire.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ready(ready) => structured(KIND_READY, ready),
            Self::Warmed(waits) => structured(KIND_WARMED, waits),
            Self::StepStarted => framed(KIND_STEP_STARTED, &[]),
            Self::Stdout(bytes) => framed(KIND_STDOUT, bytes),
            Self::Stderr(bytes) => framed(KIND_STDERR, bytes),
            Self::StepEnded(report) => structured(KIND_STEP_ENDED, report),
            Self::Artifact(path) => structured(KIND_ARTIFACT, path),
            Self::ArtifactData(bytes) => framed(KIND_ARTIFACT_DATA, bytes),
            Self::Collected(collected) => structured(KIND_COLLECTED, collected),
            Self::Refused(reason) => structured(KIND_REFUSED, reason),
            Self::Failed(reason) => structured(KIND_FAILED, reason),
        }
    }

    fn decode(kind: u8, payload: &[u8]) -> Result<Self, ProtocolError> {
        Ok(match kind {
            KIND_READY => Self::Ready(parse(payload)?),
            KIND_WARMED => Self::Warmed(parse(payload)?),
            KIND_STEP_STARTED => Self::StepStarted,
            KIND_STDOUT => Self::Stdout(payload.to_vec()),
            KIND_STDERR => Self::Stderr(payload.to_vec()),
            KIND_STEP_ENDED => Self::StepEnded(parse(payload)?),
            KIND_ARTIFACT => Self::Artifact(parse(payload)?),
            KIND_ARTIFACT_DATA => Self::ArtifactData(payload.to_vec()),
            KIND_COLLECTED => Self::Collected(parse(payload)?),
            KIND_REFUSED => Self::Refused(parse(payload)?),
            KIND_FAILED => Self::Failed(parse(payload)?),
            other => return Err(ProtocolError::UnknownKind(other)),
        })
    }
}

impl Order {
    /// The order as it goes over the wire, or `None` if it is larger than [`MAX_ORDER_BYTES`].
    pub fn encode(&self) -> Option<Vec<u8>> {
        let frame = structured(KIND_ORDER, self);
        (frame.len() - HEADER_BYTES <= MAX_ORDER_BYTES).then_some(frame)
    }

    /// Reads one order from a blocking reader.
    ///
    /// `Ok(None)` means that the stream ended before an order began: the worker has no use for this
    /// container any more.
    pub fn read_from(reader: &mut impl std::io::Read) -> std::io::Result<Option<Self>> {
        let invalid = |error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
        let mut header = [0; HEADER_BYTES];
        if let Err(error) = reader.read_exact(&mut header) {
            return match error.kind() {
                std::io::ErrorKind::UnexpectedEof => Ok(None),
                _ => Err(error),
            };
        }
        let (kind, length) = parse_header(header);
        if kind != KIND_ORDER {
            return Err(invalid(ProtocolError::UnknownKind(kind)));
        }
        if length > MAX_ORDER_BYTES {
            return Err(invalid(ProtocolError::TooLong(length as u64)));
        }
        let mut payload = vec![0; length];
        reader.read_exact(&mut payload)?;
        parse(&payload).map(Some).map_err(invalid)
    }
}

/// Cuts a stream of bytes into [`Frame`]s, however the bytes arrive.
///
/// It holds at most one unfinished frame and the last chunk pushed, so at most
/// [`MAX_FRAME_BYTES`] beyond what the caller handed it.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    consumed: usize,
}

impl FrameDecoder {
    /// Adds bytes as they were read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more bytes are pushed.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ProtocolError> {
        let pending = &self.buffer[self.consumed..];
        let Some((header, rest)) = pending.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let (kind, length) = parse_header(*header);
        if length > MAX_FRAME_BYTES {
            return Err(ProtocolError::TooLong(length as u64));
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        let frame = Frame::decode(kind, payload)?;
        self.consumed += HEADER_BYTES + length;
        Ok(Some(frame))
    }
}

fn parse_header(header: [u8; HEADER_BYTES]) -> (u8, usize) {
    let [kind, length @ ..] = header;
    (kind, u32::from_le_bytes(length) as usize)
}

fn parse<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, ProtocolError> {
    postcard::from_bytes(payload).map_err(|_| ProtocolError::Malformed)
}

fn structured(kind: u8, value: &impl Serialize) -> Vec<u8> {
    let payload = postcard::to_allocvec(value).expect("a protocol value always serializes");
    framed(kind, &payload)
}

fn framed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a payload is shorter than 4 GiB");
    let mut frame = Vec::with_capacity(HEADER_BYTES + payload.len());
    frame.push(kind);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// Byte strings as one copy instead of one element at a time.
pub(super) mod bytes {
    use serde::de::{self, Visitor};
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;

    fn report() -> StepReport {
        StepReport {
            end: End::Exited(3),
            stopped_for: Some(StopReason::Output),
            oom_kills: 1,
            process_limit_hits: 2,
            wall_us: 3,
            cpu_us: u64::MAX,
            memory_bytes: 5,
            stdout_truncated: true,
            stderr_truncated: false,
        }
    }

    fn frames() -> Vec<Frame> {
        vec![
            Frame::Ready(Ready {
                version: PROTOCOL_VERSION,
                missing_counters: vec!["CPU time".into()],
            }),
            Frame::Warmed(true),
            Frame::StepStarted,
            Frame::Stdout(b"\x06\0\0\0\0not a frame".to_vec()),
            Frame::Stderr(Vec::new()),
            Frame::StepEnded(report()),
            Frame::Artifact("out/ä.txt".into()),
            Frame::ArtifactData(vec![0, 255]),
            Frame::Collected(Collected { truncated: true }),
            Frame::Refused("no space".into()),
            Frame::Failed("no luck".into()),
        ]
    }

    #[test]
    fn frames_survive_any_way_of_being_cut() {
        let wire: Vec<u8> = frames().iter().flat_map(Frame::encode).collect();
        for chunk in [1, 2, 3, 5, 7, wire.len()] {
            let mut decoder = FrameDecoder::default();
            let mut decoded = Vec::new();
            for bytes in wire.chunks(chunk) {
                decoder.push(bytes);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    decoded.push(frame);
                }
            }
            assert_eq!(decoded, frames(), "in chunks of {chunk}");
        }
    }

    #[test]
    fn orders_survive_the_wire_one_after_the_other() {
        let step = Step {
            argv: vec!["./main".into(), "ä".into()],
            env: vec![("PATH".into(), "/bin".into())],
            stdin: b"1 2".to_vec(),
            limits: StepLimits {
                wall_ms: 1,
                cpu_ms: 2,
                output_bytes: 3,
                open_files: 4,
                file_bytes: 5,
                stack_bytes: 6,
            },
            warm: true,
        };
        let file =
            SourceFile { path: "main.c".into(), contents: vec![0, 255, 10], executable: true };
        let orders = [
            Order::Warm(Warm { step: step.clone(), main: "main.py".into() }),
            Order::Write(vec![file]),
            Order::Run(step),
            Order::Keep,
            Order::Restore,
            Order::Collect(Collect { patterns: vec!["*.txt".into()], max_bytes: 7 }),
        ];
        let wire: Vec<u8> = orders.iter().flat_map(|order| order.encode().unwrap()).collect();
        let mut reader = wire.as_slice();
        for order in orders {
            assert_eq!(Order::read_from(&mut reader).unwrap(), Some(order));
        }
        assert_eq!(Order::read_from(&mut reader).unwrap(), None, "the end is no error");
    }

    #[test]
    fn garbage_is_refused_before_it_is_allocated_for() {
        let mut decoder = FrameDecoder::default();
        decoder.push(&[KIND_STDOUT, 255, 255, 255, 255]);
        assert_eq!(decoder.next_frame(), Err(ProtocolError::TooLong(u64::from(u32::MAX))));

        let mut decoder = FrameDecoder::default();
        decoder.push(&[99, 0, 0, 0, 0]);
        assert_eq!(decoder.next_frame(), Err(ProtocolError::UnknownKind(99)));

        let mut decoder = FrameDecoder::default();
        decoder.push(&[KIND_STEP_ENDED, 1, 0, 0, 0, 0xff]);
        assert_eq!(decoder.next_frame(), Err(ProtocolError::Malformed));

        let huge = [KIND_ORDER, 255, 255, 255, 255];
        assert!(Order::read_from(&mut huge.as_slice()).is_err());
        let cut = [KIND_ORDER, 9, 0, 0, 0, 1];
        assert!(Order::read_from(&mut cut.as_slice()).is_err());
    }
}
