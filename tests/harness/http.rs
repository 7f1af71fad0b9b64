//! A client that speaks to the server as any program could, without a browser.

use http::{Method, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// What the server said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `name=value` part of each `Set-Cookie` header.
    pub cookies: Vec<String>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// This answer, when it is a success.
    ///
    /// # Panics
    ///
    /// When it is not, with what the server said.
    pub fn ok(self) -> Answer {
        assert!((200..300).contains(&self.status), "the server answered {}: {}", self.status, self.body);
        self
    }
}

/// Sends one request and reads the whole answer.
///
/// # Errors
///
/// The connection's, when nobody answers.
pub async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Result<Answer, String> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = request.body(body).map_err(|e| e.to_string())?;
    let client = Client::builder(TokioExecutor::new()).build_http::<String>();
    let answer = client.request(request).await.map_err(|e| format!("{url}: {e}"))?;
    let cookies = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| Some(value.to_str().ok()?.split(';').next()?.to_owned()));
    let (status, cookies) = (answer.status().as_u16(), cookies.collect());
    let bytes = answer.into_body().collect().await.map_err(|e| format!("{url}: {e}"))?.to_bytes();
    Ok(Answer { status, cookies, body: String::from_utf8_lossy(&bytes).into_owned() })
}
