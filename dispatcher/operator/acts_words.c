#include "operator/acts_words.h"

#include "base/attributes.h"
#include "cli/say.h"

void acts_put_question(const struct acts *a, enum act_kind kind, struct buf *out)
{
    const struct invocation *inv = a->inv;
    struct buf by = {0};
    long long count = a->count;
    acts_put_shares(a, &by);
    const char *shares = buf_text(&by);
    switch (kind) {
    case ACT_HOLD:
        say_put(inv, out, "%lld deliveries (%s) will be held. Continue?", count, shares);
        break;
    case ACT_RELEASE:
        say_put(inv, out, "%lld deliveries (%s) will be let go now. Continue?", count, shares);
        break;
    case ACT_EXPIRE:
        say_put(inv, out, "%lld deliveries (%s) will be given up. Continue?", count, shares);
        break;
    case ACT_CANCEL:
        say_put(inv, out, "%lld deliveries (%s) will be cancelled. Continue?", count, shares);
        break;
    case ACT_DELIVERED:
        say_put(inv, out,
                "%lld deliveries (%s) will count as delivered, by your word, and no command takes "
                "that back. Continue?",
                count, shares);
        break;
    }
    buf_free(&by);
}

void acts_tell_would(const struct acts *a, enum act_kind kind)
{
    const struct invocation *inv = a->inv;
    struct buf by = {0};
    long long count = a->count;
    acts_put_shares(a, &by);
    const char *shares = buf_text(&by);
    switch (kind) {
    case ACT_HOLD:
        say(inv, stdout, "Deliveries that would be held: %lld (%s)\n", count, shares);
        break;
    case ACT_RELEASE:
        say(inv, stdout, "Deliveries that would be let go: %lld (%s)\n", count, shares);
        break;
    case ACT_EXPIRE:
        say(inv, stdout, "Deliveries that would be given up: %lld (%s)\n", count, shares);
        break;
    case ACT_CANCEL:
        say(inv, stdout, "Deliveries that would be cancelled: %lld (%s)\n", count, shares);
        break;
    case ACT_DELIVERED:
        say(inv, stdout, "Deliveries that would count as delivered: %lld (%s)\n", count, shares);
        break;
    }
    buf_free(&by);
}

/* ---- done ---- */

static void tell_count(const struct acts *a, enum act_kind kind)
{
    const struct invocation *inv = a->inv;
    struct buf by = {0};
    long long count = a->count;
    acts_put_shares(a, &by);
    const char *shares = buf_text(&by);
    switch (kind) {
    case ACT_HOLD:
        say(inv, stdout, "Held: %lld (%s). Nobody sends them until they are let go.\n", count,
            shares);
        break;
    case ACT_RELEASE:
        say(inv, stdout, "Let go: %lld (%s). They are due now.\n", count, shares);
        break;
    case ACT_EXPIRE:
        say(inv, stdout, "Given up: %lld (%s). Their next channels do not begin.\n", count, shares);
        break;
    case ACT_CANCEL:
        say(inv, stdout, "Cancelled: %lld (%s). Their next channels do not begin.\n", count,
            shares);
        break;
    case ACT_DELIVERED:
        say(inv, stdout, "Delivered by your word: %lld (%s).\n", count, shares);
        break;
    }
    buf_free(&by);
}

/* By the number of the action, not by the words it was asked with: these may mean others, too. */
static void tell_undo(const struct acts *a, enum act_kind kind)
{
    const struct invocation *inv = a->inv;
    struct buf words = {0}, tail = {0};
    buf_puts(&words, " --action ");
    acts_put_actions(a, &words);
    selected_put_words(a->selected, inv, &tail);
    const char *which = buf_text(&words);
    switch (kind) {
    case ACT_HOLD:
        say(inv, stdout, "Undo: dispatcher release%s   Look: dispatcher queue%s --state held\n",
            which, which);
        break;
    case ACT_RELEASE:
        say(inv, stdout, "Undo: dispatcher hold%s   Follow: dispatcher tail%s\n", which,
            buf_text(&tail));
        break;
    case ACT_EXPIRE:
        say(inv, stdout,
            "Undo: dispatcher retry%s --state expired   Look: dispatcher queue%s --state expired\n",
            which, which);
        break;
    case ACT_CANCEL:
        say(inv, stdout,
            "Undo: dispatcher retry%s --state cancelled (without the channels behind it)   Look: "
            "dispatcher queue%s --state cancelled\n",
            which, which);
        break;
    case ACT_DELIVERED:
        say(inv, stdout,
            "No command takes this back; a report that one came back does.   Look: dispatcher "
            "queue%s --state delivered --cause operator\n",
            which);
        break;
    }
    buf_free(&tail);
    buf_free(&words);
}

void acts_tell_done(const struct acts *a, enum act_kind kind)
{
    if (a->count > 0)
        tell_count(a, kind);
    if (a->ended > 0)
        say(a->inv, stdout,
            "Of what has left and waited for word, the next channel will not begin: %lld\n",
            (long long)a->ended);
    if (a->count > 0)
        tell_undo(a, kind);
    if (a->count > 0 && kind == ACT_RELEASE && !a->daemon)
        say(a->inv, stdout, "No daemon is running; start it with `dispatcher run`.\n");
}

/* ---- left ---- */

static long long left(const struct acts *a, const char *reason)
{
    return tally_words_find(&a->left, reason);
}

void acts_tell_left(const struct acts *a)
{
    const struct invocation *inv = a->inv;
    if (left(a, "in_flight") > 0)
        say(inv, stderr,
            "Left, because in flight: %lld. What is on the line cannot be called back; ask again "
            "in a moment.\n",
            left(a, "in_flight"));
    if (left(a, "other_state") > 0)
        say(inv, stderr,
            "Left, because this is not done to their state: %lld (`dispatcher show ID` says "
            "which).\n",
            left(a, "other_state"));
    if (left(a, "poison") > 0)
        say(inv, stderr,
            "Left, because each cost three workers: %lld. Look at one with `dispatcher why ID`, "
            "then name its id, or --cause poison.\n",
            left(a, "poison"));
    if (left(a, "endpoint_disabled") > 0)
        say(inv, stderr,
            "Left, because their endpoint is disabled: %lld. `dispatcher endpoint enable` lets "
            "them go.\n",
            left(a, "endpoint_disabled"));
    if (left(a, "told") > 0)
        say(inv, stderr,
            "Left, because another channel of the same person runs or arrived: %lld. Mark that "
            "one, or cancel it first.\n",
            left(a, "told"));
    if (a->count == 0 && a->ended == 0 && a->left.count == 0)
        say(inv, stderr,
            "Nothing matches to which this could be done; `dispatcher queue` with the "
            "same options lists what there is.\n");
}
