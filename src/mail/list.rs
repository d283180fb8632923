//! The mailing list that carried a message (RFC 2369, RFC 2919), and what it did to the author.
//!
//! Deliberately absent: whether the list itself wrote it (`automatic`).

use crate::mail::charset::Hint;
use crate::mail::field;
use crate::mail::{Message, ViaList};
use crate::types::{Address, Mailbox};

/// The list that a message came through, if it says so.
pub(super) fn via_list(message: &Message) -> Option<ViaList> {
    let post = message.field("List-Post").and_then(post);
    let id = message.field("List-Id").map(id).filter(|id| !id.is_empty());
    let id = id.or_else(|| post.as_ref().map(|post| post.folded().replace('@', ".")))?;
    let author_munged = is_munged(message, &id, post.as_ref());
    Some(ViaList { id, post, author_munged })
}

/// RFC 2919 section 2: a phrase, then the id in brackets; many write it bare.
fn id(value: &str) -> String {
    let inside = value.rsplit_once('<').map_or(value, |(_, rest)| rest);
    let inside = inside.split('>').next().unwrap_or_default();
    inside.split_whitespace().next_back().unwrap_or_default().to_lowercase()
}

fn post(value: &str) -> Option<Address> {
    let at = value.to_ascii_lowercase().find("mailto:")?;
    let address = value.get(at..)?.split(['>', ',', '?']).next()?;
    field::address(address)
}

/// Whether the list put its own address in the author's place.
fn is_munged(message: &Message, id: &str, post: Option<&Address>) -> bool {
    let Some(author) = message.author() else {
        return false;
    };
    if post == Some(&author.address) {
        return true;
    }
    let domain = author.address.domain();
    let is_of_list = post.is_some_and(|post| post.domain() == domain)
        || id == domain
        || id.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let says_via = author.name.split_whitespace().any(|word| word.eq_ignore_ascii_case("via"));
    is_of_list && says_via && names_another(message, &author.address)
}

fn names_another(message: &Message, author: &Address) -> bool {
    let named = originals(message).chain(message.reply_to.iter().cloned()).chain(in_cc(message));
    named.into_iter().any(|mailbox| mailbox.address != *author)
}

/// The author of a message behind a list that put its own address into `From`, as the list kept
/// him: in a field of its own, in Reply-To, or in Cc where Reply-To is the list's (Mailman). A
/// claim like `From` itself.
#[must_use]
pub fn original_author(message: &Message) -> Option<Mailbox> {
    let shown = message.author().map(|author| &author.address);
    let post = message.via_list.as_ref().and_then(|list| list.post.as_ref());
    let is_other =
        |mailbox: &Mailbox| Some(&mailbox.address) != shown && Some(&mailbox.address) != post;
    originals(message).chain(message.reply_to.iter().cloned()).chain(in_cc(message)).find(is_other)
}

fn originals(message: &Message) -> impl Iterator<Item = Mailbox> {
    ["X-Original-From", "Original-From"]
        .into_iter()
        .filter_map(|name| message.field(name))
        .flat_map(|value| field::mailboxes(value.as_bytes(), Hint::default()).0)
}

/// The mailbox in Cc that is called as the author is in "Ute via Koordination", if it is one.
fn in_cc(message: &Message) -> Option<Mailbox> {
    let shown = message.author()?.name.to_lowercase();
    let name = shown.split(" via ").next()?.trim_matches(['"', '\'', ' ']);
    let mut named = message.cc.iter().filter(|one| one.name.trim().to_lowercase() == name);
    let found = named.next().filter(|_| !name.is_empty() && name != shown)?;
    named.next().is_none().then(|| found.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{ReversePath, parse};

    #[test]
    fn failure_11_author_behind_a_list_is_found_where_the_list_kept_him() {
        let list = "List-Id: <koord.lists.example>\nList-Post: <mailto:koord@lists.example>\n";
        let from = "From: Ute Beispiel via Koordination <koord@lists.example>\n";
        for (kept, author) in [
            ("Reply-To: Ute Beispiel <ute@members.example>\n", Some("ute@members.example")),
            ("X-Original-From: Ute <ute@members.example>\n", Some("ute@members.example")),
            (
                "Reply-To: koord@lists.example\n\
                 Cc: Max <max@members.example>, Ute Beispiel <ute@members.example>\n",
                Some("ute@members.example"),
            ),
            ("Reply-To: koord@lists.example\nCc: Max <max@members.example>\n", None),
            ("Cc: Ute Beispiel <ute@a.example>, ute beispiel <ute@b.example>\n", None),
            ("", None),
        ] {
            let raw = format!("{from}{list}{kept}Subject: x\n\nIch bin dagegen.\n");
            let message = parse(raw.as_bytes(), &ReversePath::Unknown);
            assert!(message.via_list.as_ref().is_some_and(|list| list.author_munged), "{kept}");
            let found = original_author(&message).map(|one| one.address.to_string());
            assert_eq!(found.as_deref(), author, "{kept}");
        }
    }

    #[test]
    fn list_id_is_read_with_and_without_phrase() {
        for (value, expected) in [
            ("Koordination <koord.lists.nrw.example>", "koord.lists.nrw.example"),
            ("<Koord.lists.nrw.example>", "koord.lists.nrw.example"),
            ("koord.lists.nrw.example", "koord.lists.nrw.example"),
            ("\"a <b> c\" <koord.lists.example>", "koord.lists.example"),
        ] {
            assert_eq!(id(value), expected);
        }
        assert_eq!(
            post("<MAILTO:koord@lists.example?subject=x>").map(|post| post.to_string()),
            Some("koord@lists.example".into())
        );
        assert_eq!(post("NO (posting not allowed)"), None);
    }
}
