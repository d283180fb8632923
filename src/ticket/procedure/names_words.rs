//! Words by which it is known whose name stands in a text, folded, in four languages; tables only.

/// What stands before a person's own name.
pub(super) const OWN_NAME: [&str; 6] =
    ["ich heisse", "mein name ist", "my name is", "nimeni on", "jag heter", "mitt namn aer"];
/// What stands before a person's own name where that is told in a sentence alone.
pub(super) const I_AM: [&str; 1] = ["ich bin der"];
/// What stands before the name of whom it is about, beside [`OWN_NAME`].
pub(super) const NAMED: [&str; 20] = [
    "his name is",
    "her name is",
    "their name is",
    "the name is",
    "sein name ist",
    "ihr name ist",
    "er heisst",
    "sie heisst",
    "haenen nimensae on",
    "nimi on",
    "nimeltaeaen",
    "han heter",
    "hon heter",
    "hans namn aer",
    "hennes namn aer",
    "namnet aer",
    "he is called",
    "she is called",
    "der name ist",
    "name lautet",
];
/// What stands behind it.
pub(super) const CALLED_AFTER: [&str; 9] = [
    "heisse ich",
    "ist mein name",
    "is my name",
    "on nimeni",
    "heter jag",
    "aer mitt namn",
    "heisst er",
    "heisst sie",
    "is the name",
];
/// What stands before it where somebody says who is writing, and before other things.
pub(super) const HERE: [&str; 15] = [
    "ich bin",
    "bin",
    "i am",
    "im",
    "olen",
    "taeaellae",
    "jag aer",
    "hier ist",
    "hier spricht",
    "hier schreibt",
    "this is",
    "its",
    "it is",
    "haer aer",
    "taessae",
];
/// Joints before a name that something is for.
pub(super) const FOR: [&str; 8] = ["fuer", "for", "at", "till", "to", "an", "um", "namens"];
/// Words of whom somebody speaks of that belongs to the group.
pub(super) const OURS: [&str; 16] = [
    "unser", "unsere", "unseren", "unserer", "unserem", "our", "vaar", "vara", "var", "neue",
    "neuen", "neuer", "new", "nya", "nye", "uusi",
];
/// Ends of Finnish words for whom of ours something is.
pub(super) const FOR_US: [&str; 2] = ["llemme", "lleni"];
/// Words between a label and its value.
pub(super) const IS: [&str; 12] =
    ["is", "ist", "lautet", "on", "aer", "heisst", "should", "be", "soll", "sein", "jetzt", "now"];
/// Beginnings of words of what is asked for.
pub(super) const ACCESS: [&str; 16] = [
    "account",
    "access",
    "zugang",
    "zugaeng",
    "zugriff",
    "konto",
    "login",
    "tunnus",
    "tunnuk",
    "kaeyttaejae",
    "kaeyttoeoike",
    "paeaesy",
    "tillgang",
    "anvaendar",
    "inlogg",
    "registrier",
];
/// Words of somebody who speaks of himself.
pub(super) const SELF: [&str; 22] = [
    "ich",
    "mir",
    "mich",
    "mein",
    "meine",
    "meinen",
    "i",
    "im",
    "me",
    "my",
    "id",
    "mina",
    "minae",
    "minun",
    "minulle",
    "haluaisin",
    "tarvitsen",
    "tarvitsisin",
    "jag",
    "mig",
    "mitt",
    "min",
];
/// Words of somebody who speaks of others.
pub(super) const OTHERS: [&str; 37] = [
    "er",
    "ihm",
    "ihn",
    "kollege",
    "kollegen",
    "kollegin",
    "nachfolger",
    "nachfolgerin",
    "dessen",
    "deren",
    "he",
    "she",
    "him",
    "her",
    "his",
    "hed",
    "shed",
    "colleague",
    "successor",
    "haen",
    "haenen",
    "haenelle",
    "haenet",
    "kollegalle",
    "seuraajalle",
    "han",
    "hon",
    "honom",
    "henne",
    "hans",
    "hennes",
    "kollega",
    "kollegan",
    "eftertraedare",
    "frau",
    "herr",
    "herrn",
];

/// What stands before a name that is spoken.
pub(super) const THERE: [&str; 7] =
    ["det aer", "its", "ich bin es", "ich bins", "taeaellae", "hier ist", "this is"];
