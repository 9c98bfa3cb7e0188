/* hold, release, expire, cancel, mark-delivered. */
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "cli/confirm.h"
#include "cli/say.h"
#include "cli/session.h"
#include "operator/acts_run.h"
#include "operator/acts_words.h"
#include "operator/command_list.h"

/* As the requests call them, in the order of enum act_kind. */
static const char *const words[ACT_KINDS] = {"hold", "release", "expire", "cancel",
                                             "mark_delivered"};

/* ---- asking ---- */

static int confirm_campaign(const struct acts *a, const char *campaign, struct error *err)
{
    struct buf question = {0}, by = {0};
    acts_put_shares(a, &by);
    say_put(a->inv, &question,
            "Type the campaign's name to cancel %lld deliveries (%s) of it:", (long long)a->count,
            buf_text(&by));
    int rc = confirm_name(a->inv, buf_text(&question), campaign, err);
    buf_free(&question);
    buf_free(&by);
    return rc;
}

/* What one word undoes is done; a campaign is cancelled by whoever can type its name. */
static int confirm(const struct acts *a, enum act_kind kind, struct error *err)
{
    struct buf question = {0};
    const char *campaign = option_value(a->inv, "campaign");
    int64_t most = kind == ACT_CANCEL ? 1 : ACTS_ASK_ABOVE;
    if (kind == ACT_HOLD || a->count + a->ended == 0)
        return 0;
    if (kind == ACT_CANCEL && campaign != NULL)
        return confirm_campaign(a, campaign, err);
    if (a->count + a->ended <= most)
        return 0;
    acts_put_question(a, kind, &question);
    int rc = confirm_yes(a->inv, buf_text(&question), err);
    buf_free(&question);
    return rc;
}

/* ---- doing ---- */

static void print_json(const struct acts *a, bool dry_run)
{
    struct buf out = {0};
    buf_printf(&out, "{\"v\":1,\"verb\":\"%s\",\"count\":%lld,\"ended\":%lld,\"dry_run\":%s",
               a->what, (long long)a->count, (long long)a->ended, dry_run ? "true" : "false");
    acts_put_json(a, &out);
    buf_puts(&out, ",\"actions\":\"");
    acts_put_actions(a, &out);
    printf("%s\"}\n", buf_text(&out));
    buf_free(&out);
}

static void report(const struct acts *a, enum act_kind kind, bool dry_run)
{
    if (invocation_json(a->inv)) {
        print_json(a, dry_run);
        return;
    }
    if (dry_run && a->count > 0)
        acts_tell_would(a, kind);
    if (!dry_run)
        acts_tell_done(a, kind);
    fflush(stdout);
    acts_tell_left(a);
}

static int act(const struct invocation *inv, enum act_kind kind, struct error *err)
{
    struct selected selected;
    struct acts a = {.inv = inv, .selected = &selected, .verb = "act", .what = words[kind]};
    bool dry_run = option_given(inv, "dry-run");
    int rc = selected_read(inv, &selected, err);
    if (rc == 0)
        rc = acts_count(&a, err);
    if (rc == 0 && !dry_run)
        rc = confirm(&a, kind, err);
    if (rc == 0 && !dry_run && a.count + a.ended > 0)
        rc = acts_do(&a, err);
    if (rc == 0)
        report(&a, kind, dry_run);
    acts_clear(&a);
    selected_clear(&selected);
    return rc;
}

static int run_hold(const struct invocation *inv, struct error *err)
{
    return act(inv, ACT_HOLD, err);
}

static int run_release(const struct invocation *inv, struct error *err)
{
    return act(inv, ACT_RELEASE, err);
}

static int run_expire(const struct invocation *inv, struct error *err)
{
    return act(inv, ACT_EXPIRE, err);
}

static int run_cancel(const struct invocation *inv, struct error *err)
{
    return act(inv, ACT_CANCEL, err);
}

static int run_mark_delivered(const struct invocation *inv, struct error *err)
{
    return act(inv, ACT_DELIVERED, err);
}

/* ---- the commands ---- */

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"reason", 0, "TEXT", "why, for the record"},
    {"dry-run", 'n', NULL, "only say how many"},
    CONFIRM_YES_OPTION,
};

static const struct option_row cancel_options[] = {
    SELECTOR_OPTIONS,
    {"reason", 0, "TEXT", "why, for the record"},
    {"dry-run", 'n', NULL, "only say how many"},
    CONFIRM_YES_OPTION,
    CONFIRM_NAME_OPTION,
};

#define JSON_TEXT                                                                                  \
    "JSON, one object: v, verb, count, ended (had left, and their next channel does not begin), "  \
    "dry_run, left\n(numbers by reason: in_flight, other_state, poison, endpoint_disabled, "       \
    "told), "                                                                                      \
    "by (channel and locale:\nnumbers by name), actions (their numbers, as --action takes them)."
#define IN_FLIGHT_TEXT                                                                             \
    "What is in flight is left and counted. Who did it, when, why and how many is recorded in "    \
    "`dispatcher\nactions`.\n\n"
#define ROWS                                                                                       \
    .arguments = "ID... | - | --batch ID --cause CAUSE", .options = options,                       \
    .option_count = COUNT_OF(options), .arguments_max = 10000

const struct command command_hold = {
    .name = "hold",
    .summary = "keep deliveries back until they are let go",
    .details =
        "  dispatcher hold --batch recall-2026 --locale ko --reason \"a word is wrong, ticket "
        "4711\"\n"
        "  dispatcher release --action 12\n\n"
        "What waits or is deferred becomes held (cause: operator) and nobody sends it. The time "
        "after which its next\n"
        "channel would begin stands still. What has left already stays, and its next channel may "
        "begin: `dispatcher\n"
        "pause` stops a whole batch with everything. `dispatcher release --action NUMBER`, as it "
        "is printed, lets go\n"
        "just these; --cause operator would let go what others hold, too.\n\n" IN_FLIGHT_TEXT
            JSON_TEXT,
    ROWS,
    .run = run_hold,
};

const struct command command_release = {
    .name = "release",
    .summary = "let go what is held",
    .details =
        "  dispatcher release --cause locale_fallback --template outage-apology\n"
        "  dispatcher queue --state held --json | dispatcher release -\n\n"
        "What is held is due now; its schedule goes on where it was. What cost three workers "
        "(cause: poison) is only\n"
        "meant if its id or this cause is named; what is for a disabled endpoint waits for "
        "`dispatcher endpoint\n"
        "enable`. More than 100 want a yes.\n\n" IN_FLIGHT_TEXT JSON_TEXT,
    ROWS,
    .run = run_release,
};

const struct command command_expire = {
    .name = "expire",
    .summary = "give up deliveries, as if their time were over",
    .details =
        "  dispatcher expire --batch reminder-7 --older-than 2d --reason \"the event is over\"\n\n"
        "What waits, is deferred or held becomes expired, and its next channel does not begin. "
        "`dispatcher retry\n"
        "--state expired` begins it again. More than 100 want a yes.\n\n" IN_FLIGHT_TEXT JSON_TEXT,
    ROWS,
    .run = run_expire,
};

const struct command command_cancel = {
    .name = "cancel",
    .arguments = "ID... | - | --batch ID --cause CAUSE",
    .summary = "stop what has not left yet",
    .details =
        "  dispatcher cancel --batch recall-2026 --domain example.com --reason \"told by "
        "phone\"\n\n"
        "What waits, is deferred or held becomes cancelled, and the channels behind it are "
        "forgotten. More than one\n"
        "wants a yes; with --campaign the campaign's name is to be typed (in a script: --confirm "
        "NAME). `dispatcher\n"
        "retry --state cancelled` begins it again.\n\n" IN_FLIGHT_TEXT JSON_TEXT,
    .options = cancel_options,
    .option_count = COUNT_OF(cancel_options),
    .arguments_max = 10000,
    .run = run_cancel,
};

const struct command command_mark_delivered = {
    .name = "mark-delivered",
    .summary = "book deliveries as arrived because a person knows",
    .details =
        "  dispatcher mark-delivered recall-2026_c17 --channel sms --reason \"confirmed by "
        "phone\"\n\n"
        "What is uncertain, failed, held, deferred or waiting becomes delivered (cause: operator); "
        "attempts stay as\n"
        "they were, and no further channel begins. Of a person whose other channel still runs "
        "nothing failed is\n"
        "marked: mark that one, or cancel it first. More than 100 want a yes. No command takes it "
        "back.\n\n" IN_FLIGHT_TEXT JSON_TEXT,
    ROWS,
    .run = run_mark_delivered,
};
