//! Where a site wants two people to decide: the second one's word, and the rule itself.

use axum::Json;
use axum::extract::State;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{self, Decided, PutProposal, PutTwoPersons, SitePresent, SiteSetting};

use super::App;
use super::body::Body;
use super::params::Path;
use super::problem::Problem;
use super::queue::explained;
use super::session::SignedInToWrite;
use crate::store::{Moderator, NewSettlement, Proposal, Settled};

/// A proposal as `moderator` is told of it.
pub(super) fn told(proposal: Proposal, moderator: &Moderator) -> wire::Proposal {
    let Proposal { by, decision, reason, at, .. } = proposal;
    wire::Proposal { is_yours: proposal.moderator == moderator.id, by, decision, reason, at }
}

/// `PUT /api/v1/console/items/{id}/proposal`: confirms what another moderator proposed, or rejects it; or takes one's own back.
pub(super) async fn put_proposal(
    State(app): State<App>,
    Path(item): Path<ItemId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(PutProposal { confirms, read_text }): Body<PutProposal>,
) -> Result<Json<Decided>, Problem> {
    app.item_for(&moderator, item, Role::Moderator).await?;
    let at = app.clock.now_ms();
    let settlement = NewSettlement { item, moderator: moderator.id, confirms, read_text, at };
    match app.store.settle_proposal(settlement).await?.ok_or(Problem::UnknownItem)? {
        Settled::Done(state) => Ok(Json(Decided { id: item, state, waits_for_second: false })),
        Settled::NoProposal => Err(Problem::NoProposal),
        Settled::Own => Err(Problem::OwnProposal),
        Settled::Undecided(undecided) => Err(explained(&app, item, undecided).await?),
    }
}

/// `PUT /api/v1/console/sites/{site}/two-persons`. What is proposed already waits on when the rule ends.
pub(super) async fn put_two_persons(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    SignedInToWrite(moderator): SignedInToWrite,
    Body(PutTwoPersons { is_on, even_alone }): Body<PutTwoPersons>,
) -> Result<Json<SitePresent>, Problem> {
    app.site_for(&moderator, &site, Role::Admin)?;
    if is_on && !even_alone {
        let accounts = app.store.moderators().await?;
        let n_deciders =
            accounts.iter().filter(|account| account.roles.on(&site) >= Some(Role::Moderator)).count();
        if n_deciders < 2 {
            return Err(Problem::NobodyToConfirm);
        }
    }
    app.change_site(&site, SiteSetting::TwoPersons(is_on), moderator.id).await
}
