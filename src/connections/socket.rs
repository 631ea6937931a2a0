//! A socket that notes what passes through it.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::dev::Extensions;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::wait::Wait;

/// The HTTP server's end of a connection. It has no stream of its own, so that the stream outlives the HTTP server's
/// interest in it.
pub struct Socket {
    stream: Rc<RefCell<TcpStream>>,
    wait: Rc<Wait>,
}

impl Socket {
    pub(super) fn new(stream: &Rc<RefCell<TcpStream>>, wait: &Rc<Wait>) -> Self {
        Self { stream: Rc::clone(stream), wait: Rc::clone(wait) }
    }
}

/// Lets each request find the connection that it came on. For `HttpServiceBuilder::on_connect_ext`.
pub fn note_connection(socket: &Socket, data: &mut Extensions) {
    data.insert(Rc::clone(&socket.wait));
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut *self.stream.borrow_mut()).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.wait.received();
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut *self.stream.borrow_mut()).poll_write(context, bytes);
        match &result {
            Poll::Ready(Ok(length)) => self.wait.wrote(*length),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.wait.is_full(),
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
