//! Records the start and the end of each request, and keeps its body until the response is sent.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_http::error::PayloadError;
use actix_http::{BoxedPayloadStream, Payload, Request, Response};
use actix_web::HttpRequest;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::Service;
use actix_web::web::Bytes;
use futures_util::Stream;
use pin_project_lite::pin_project;
use tokio::task::yield_now;

use super::activity::Activity;

/// Calls the application, and keeps the body of the request until the response is sent.
///
/// actix closes a connection after the response to an unfinished request body, unless the body is chunked and dropped:
/// then it reads on without limit.
///
/// # Errors
/// None. An error of the application becomes a response.
pub fn respond<S, B>(
    mut request: Request,
    application: &S,
) -> impl Future<Output = Result<Response<HeldBody<EitherBody<B>>>, Response<BoxBody>>> + use<S, B>
where
    S: Service<Request, Error = Response<BoxBody>>,
    S::Response: Into<Response<B>>,
{
    let exchange = Exchange::start(&mut request);
    let response = application.call(request);
    async move {
        let response = match response.await {
            Ok(response) => response.into().map_body(|_, body| EitherBody::left(body)),
            Err(error) => error.map_body(|_, body| EitherBody::right(body)),
        };
        if !exchange.has_whole_body() {
            // The rest of it may have arrived with the head. actix decodes it now.
            yield_now().await;
        }
        exchange.has_response();
        Ok(response.map_body(|_, body| HeldBody { body, exchange }))
    }
}

/// Drops the handling of this request, without a response, when its client closes its side of the connection. Other requests
/// go on: the client may still read the response.
pub fn end_with_client(request: &HttpRequest) {
    if let Some(activity) = request.conn_data::<Rc<Activity>>() {
        activity.ends_with_client();
    }
}

/// A request whose response is not yet complete.
struct Exchange {
    activity: Option<Rc<Activity>>,
    body: Option<Rc<RefCell<Payload>>>,
}

impl Exchange {
    fn start(request: &mut Request) -> Self {
        let activity = request.conn_data::<Rc<Activity>>().cloned();
        if let Some(activity) = &activity {
            activity.request_starts();
        }
        let body = match request.take_payload() {
            Payload::None => None,
            body => Some(Rc::new(RefCell::new(body))),
        };
        if let Some(body) = &body {
            let shared: BoxedPayloadStream = Box::pin(SharedBody { body: Rc::clone(body), activity: activity.clone() });
            *request.payload() = Payload::Stream { payload: shared };
        }
        Self { activity, body }
    }

    fn has_response(&self) {
        if let Some(activity) = &self.activity {
            activity.has_response();
            if !self.has_whole_body() {
                activity.closes();
            }
        }
    }

    /// Whether the body has arrived, or there is none. Drops what has arrived.
    fn has_whole_body(&self) -> bool {
        self.body.as_ref().is_none_or(|body| is_complete(&mut body.borrow_mut()))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(activity) = &self.activity {
            activity.response_ends();
        }
    }
}

fn is_complete(body: &mut Payload) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match Pin::new(&mut *body).poll_next(&mut context) {
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(None) => return true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => return false,
        }
    }
}

/// The body of a request, for the application.
struct SharedBody {
    body: Rc<RefCell<Payload>>,
    activity: Option<Rc<Activity>>,
}

impl Stream for SharedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut *self.body.borrow_mut()).poll_next(context);
        if let Some(activity) = &self.activity {
            activity.awaits_body(next.is_pending());
        }
        next
    }
}

pin_project! {
    /// The body of a response, together with the request's.
    pub struct HeldBody<B> {
        #[pin]
        body: B,
        exchange: Exchange,
    }
}

impl<B: MessageBody> MessageBody for HeldBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(context)
    }
}
