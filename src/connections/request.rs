//! Each request, between the HTTP server and the application.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_http::error::PayloadError;
use actix_http::{BoxedPayloadStream, Payload, Request, Response};
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::Service;
use actix_web::web::Bytes;
use futures_util::Stream;
use pin_project_lite::pin_project;

use super::wait::Wait;

/// Serves a request, and holds its body until the response is out.
///
/// actix closes a connection after the response to an unfinished body, unless that body is chunked and the application
/// has dropped it: then it reads on without end.
///
/// # Errors
/// None: what the application fails with becomes a response.
pub fn answer<S, B>(
    mut request: Request,
    application: &S,
) -> impl Future<Output = Result<Response<Held<EitherBody<B>>>, Response<BoxBody>>> + use<S, B>
where
    S: Service<Request, Error = Response<BoxBody>>,
    S::Response: Into<Response<B>>,
{
    let begun = Begun::new(&mut request);
    let response = application.call(request);
    async move {
        let response = match response.await {
            Ok(response) => response.into().map_body(|_, body| EitherBody::left(body)),
            Err(error) => error.map_body(|_, body| EitherBody::right(body)),
        };
        begun.has_response();
        Ok(response.map_body(|_, body| Held { body, begun }))
    }
}

/// A request that has no whole response yet.
struct Begun {
    wait: Option<Rc<Wait>>,
    body: Option<Rc<RefCell<Payload>>>,
}

impl Begun {
    fn new(request: &mut Request) -> Self {
        let wait = request.conn_data::<Rc<Wait>>().cloned();
        if let Some(wait) = &wait {
            wait.request_begins();
        }
        let body = match request.take_payload() {
            Payload::None => None,
            body => Some(Rc::new(RefCell::new(body))),
        };
        if let Some(body) = &body {
            let shared: BoxedPayloadStream = Box::pin(SharedBody { body: Rc::clone(body), wait: wait.clone() });
            *request.payload() = Payload::Stream { payload: shared };
        }
        Self { wait, body }
    }

    fn has_response(&self) {
        if let (Some(wait), Some(body)) = (&self.wait, &self.body) {
            wait.awaits_body(false);
            if !is_finished(&mut body.borrow_mut()) {
                wait.closes();
            }
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(wait) = &self.wait {
            wait.response_ends();
        }
    }
}

/// Whether all of it has arrived; drops what has.
fn is_finished(body: &mut Payload) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match Pin::new(&mut *body).poll_next(&mut context) {
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(None) => return true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => return false,
        }
    }
}

/// A request's body as the application reads it.
struct SharedBody {
    body: Rc<RefCell<Payload>>,
    wait: Option<Rc<Wait>>,
}

impl Stream for SharedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut *self.body.borrow_mut()).poll_next(context);
        if let Some(wait) = &self.wait {
            wait.awaits_body(next.is_pending());
        }
        next
    }
}

pin_project! {
    /// A response's body, which holds the request's.
    pub struct Held<B> {
        #[pin]
        body: B,
        begun: Begun,
    }
}

impl<B: MessageBody> MessageBody for Held<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(context)
    }
}
