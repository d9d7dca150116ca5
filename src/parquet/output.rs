//! Where a file's bytes go as they become final.

/// Takes bytes in the file's order.
pub trait Output {
    /// Bytes taken so far and not yet handed on.
    fn taken(&self) -> usize;
    fn write(&mut self, bytes: &[u8]);
    /// The same for bytes that nobody else needs.
    fn hand(&mut self, bytes: Box<[u8]>) {
        self.write(&bytes);
    }
}

/// All in one piece.
impl Output for Vec<u8> {
    fn taken(&self) -> usize {
        self.len()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Small bytes are gathered up to this size; larger ones stay a piece of their own.
const PIECE: usize = 64 << 10;

/// In pieces, so that a row group's pages leave without being copied, and without the one large block of memory that they
/// would need to stand together in.
#[derive(Default)]
pub struct Pieces {
    pieces: Vec<Vec<u8>>,
    len: usize,
}

impl Pieces {
    pub fn into_pieces(self) -> Vec<Vec<u8>> {
        self.pieces
    }
}

impl Output for Pieces {
    fn taken(&self) -> usize {
        self.len
    }

    fn write(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        match self.pieces.last_mut() {
            Some(last) if last.len() + bytes.len() <= PIECE => last.extend_from_slice(bytes),
            _ => self.pieces.push(bytes.to_vec()),
        }
    }

    fn hand(&mut self, bytes: Box<[u8]>) {
        if bytes.len() < PIECE / 2 {
            return self.write(&bytes);
        }
        self.len += bytes.len();
        self.pieces.push(bytes.into_vec());
    }
}
