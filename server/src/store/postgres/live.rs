//! What became published, what changed at the desk and what servers say to each other, told to every server of the database.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::id::ItemId;
use peer_support_domain::wire::DeskNews;
use sqlx::Executor;
use sqlx::postgres::{PgConnection, PgListener, PgPool};

use super::standby::Standby;
use super::{bits, item_id, kind, parsed};
use crate::store::live::Teller;
use crate::store::{AtDesk, Published, StoreError, Tidings};

const CHANNEL: &str = "peer_support_published";
const DESK: &str = "peer_support_desk";
const SERVERS: &str = "peer_support_servers";
/// How long the listening connection may be silent before it is asked whether it still stands: what stands between a
/// server and its database often drops connections that say nothing for some minutes, and tells neither.
const SILENCE: Duration = Duration::from_secs(20);
/// How long to wait before the next try to listen after one that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Has every server told of this item when the transaction is committed. The message holds its id and nothing else.
pub(super) async fn tell(db: &mut PgConnection, item: ItemId) -> Result<(), StoreError> {
    sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(item.to_string()).execute(db).await?;
    Ok(())
}

/// Has moderators at every server told that something changed about this item when the transaction is committed.
pub(super) async fn tell_desk(
    db: &mut PgConnection,
    item: ItemId,
    what: DeskChange,
) -> Result<(), StoreError> {
    sqlx::query(
        "select pg_notify($1, concat_ws(' ', $2::text, $3::text, sites.id))
         from items
         join sites on sites.key = items.site_key
         where items.id = $4",
    )
    .bind(DESK)
    .bind(item.to_string())
    .bind(what.as_str())
    .bind(bits(item))
    .execute(db)
    .await?;
    Ok(())
}

/// Says these messages to every server, this one among them.
pub(super) async fn tell_servers(pool: &PgPool, messages: &[Vec<u8>]) -> Result<(), StoreError> {
    let messages: Vec<String> = messages.iter().map(|message| STANDARD_NO_PAD.encode(message)).collect();
    sqlx::query("select pg_notify($1, message) from unnest($2::text[]) as message")
        .bind(SERVERS)
        .bind(messages)
        .execute(pool)
        .await?;
    Ok(())
}

/// Listens from now on, by one connection of the pool, and passes on what it hears until the pool is closed. Who is told of
/// something finds it, also where it is read at `standby`.
pub(super) async fn start(
    pool: PgPool,
    teller: Arc<Teller>,
    standby: Option<Arc<Standby>>,
) -> Result<(), StoreError> {
    let listener = listen(&pool).await?;
    tokio::spawn(pass_on(listener, pool, teller, standby));
    Ok(())
}

async fn listen(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // Not again by itself: what is missed meanwhile must not go unnoticed.
    listener.eager_reconnect(false);
    listener.listen_all([CHANNEL, DESK, SERVERS]).await?;
    Ok(listener)
}

async fn pass_on(mut listener: PgListener, pool: PgPool, teller: Arc<Teller>, standby: Option<Arc<Standby>>) {
    loop {
        let lost = until_lost(&mut listener, &pool, &teller, standby.as_deref()).await;
        drop(listener);
        if !pool.is_closed() {
            tracing::warn!("listening to the database ended: {lost}");
        }
        listener = loop {
            if pool.is_closed() {
                return;
            }
            match listen(&pool).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
            }
        };
        // What was published meanwhile was told to nobody here.
        teller.break_off();
    }
}

/// Passes on what is heard; gives what ended it.
async fn until_lost(
    listener: &mut PgListener,
    pool: &PgPool,
    teller: &Teller,
    standby: Option<&Standby>,
) -> StoreError {
    loop {
        match tokio::time::timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(notification))) if notification.channel() == DESK => {
                // Another program may say anything on a channel.
                news(notification.payload()).into_iter().for_each(|news| teller.tell_desk(news));
            }
            Ok(Ok(Some(notification))) if notification.channel() == SERVERS => {
                let message = STANDARD_NO_PAD.decode(notification.payload());
                message.into_iter().for_each(|message| teller.tell_server(message));
            }
            Ok(Ok(Some(notification))) => match published(pool, notification.payload()).await {
                Ok(published) => published.into_iter().for_each(|published| {
                    standby.into_iter().for_each(Standby::owes);
                    teller.tell(published);
                }),
                Err(error) => return error,
            },
            Ok(Ok(None)) => return StoreError::database("the connection was lost"),
            Ok(Err(error)) => return error.into(),
            Err(_) => match tokio::time::timeout(SILENCE, listener.execute("select 1")).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return error.into(),
                Err(_) => return StoreError::database("the connection is dead"),
            },
        }
    }
}

fn news(payload: &str) -> Option<AtDesk> {
    let [item, what, site] = payload.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let news = DeskNews { item: item.parse().ok()?, what: what.parse().ok()? };
    Some(AtDesk { site: site.parse().ok()?, news })
}

/// The item of this id; `None` when nobody can read it, and a reply to what nobody can read is no news.
async fn published(pool: &PgPool, id: &str) -> Result<Option<Published>, StoreError> {
    // Another program may say anything on a channel.
    let Ok(item) = id.parse::<ItemId>() else { return Ok(None) };
    let row = sqlx::query(
        "select items.key, items.id, sites.id as site, items.kind, topics.id as topic, posts.id as thread
         from items
         join sites on sites.key = items.site_key
         left join topics on topics.key = items.topic_key
         left join items as posts on posts.key = items.post_key
         where items.id = $1
           and items.state = 'published'
           and (items.post_key is null or posts.state = 'published')",
    )
    .bind(bits(item))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let what = match kind(&row)? {
        Some(kind) => Tidings::Post { kind, topic: parsed(&row, "topics", "topic")? },
        None => Tidings::Reply { thread: item_id(&row, "thread")? },
    };
    Ok(Some(Published { site: parsed(&row, "sites", "site")?, item: item_id(&row, "id")?, what }))
}
