//! A socket that records what passes through it.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::dev::Extensions;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::activity::Activity;

/// The socket as the HTTP server has it. The stream is shared, because it can outlive the HTTP server's use of it.
pub struct Socket {
    stream: Rc<RefCell<TcpStream>>,
    activity: Rc<Activity>,
}

impl Socket {
    pub(super) fn new(stream: &Rc<RefCell<TcpStream>>, activity: &Rc<Activity>) -> Self {
        Self { stream: Rc::clone(stream), activity: Rc::clone(activity) }
    }
}

/// Gives each request access to the record of its connection.
pub fn note_connection(socket: &Socket, data: &mut Extensions) {
    data.insert(Rc::clone(&socket.activity));
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut *self.stream.borrow_mut()).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        } else if matches!(result, Poll::Ready(Ok(()))) && buffer.remaining() > 0 {
            self.activity.client_ends();
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut *self.stream.borrow_mut()).poll_write(context, bytes);
        match &result {
            Poll::Ready(Ok(length)) => self.activity.wrote(*length),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.is_blocked(),
        }
        result
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_shutdown(context)
    }
}
