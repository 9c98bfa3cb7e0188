#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"
#include "operator/acts_run.h"

/* So many rests are told one by one. */
#define RESTS_TOLD 10

/* Why what was meant is left alone, and what to do about it. */
static const struct reason {
    const char *key, *one, *many;
} reasons[] = {
    {"refused",
     SAID(
         "was refused when its batch was taken in and can never be sent (`dispatcher queue --state "
         "failed` names the cause): hand over a corrected line as a new batch"),
     SAID("were refused when their batch was taken in and can never be sent (`dispatcher queue "
          "--state failed` names the causes): hand over corrected lines as a new batch")},
    {"expired", SAID("is past its expires_at: hand it over as a new notice if it still matters"),
     SAID("are past their expires_at: hand them over as new notices if they still matter")},
    {"purged", SAID("has lost its text after retention: hand it over as a new notice"),
     SAID("have lost their texts after retention: hand them over as new notices")},
    {"told", SAID("is left: another channel of the same notice is on its way or arrived"),
     SAID("are left: another channel of the same notice is on its way or arrived")},
    {"on_its_way", SAID("is on its way already: in flight, or waiting for its not_before"),
     SAID("are on their way already: in flight, or waiting for their not_before")},
    {"due", SAID("is due already, and goes when its turn comes"),
     SAID("are due already, and go when their turn comes")},
    {"endpoint_disabled",
     SAID("is for a disabled endpoint and stays held: `dispatcher endpoint list` tells which and "
          "why, `dispatcher endpoint enable` lets it go on"),
     SAID("are for disabled endpoints and stay held: `dispatcher endpoint list` tells which and "
          "why, `dispatcher endpoint enable` lets them go on")},
    {"campaign_cancelled", SAID("belongs to a campaign that was cancelled: it stays so"),
     SAID("belong to a campaign that was cancelled: they stay so")},
    {"arrived", SAID("was delivered"), SAID("were delivered")},
};
#define REASONS COUNT_OF(reasons)

/* What rested until it was asked for; of several steps and ids. */
struct rest {
    char *kind, *name, *reason, *until;
    int64_t count;
};

struct rests {
    struct rest *at;
    size_t count;
};

/* A retry, and what rests in its way. */
struct retried {
    struct acts acts;
    struct rests rests; /* what they wait for, of `count` */
};

static char *copy_text(const struct json_t *from, const char *key)
{
    const char *text = json_get_text(from, key, "");
    return xstrdup(text);
}

static void add_rest(struct rests *all, const struct json_t *met)
{
    int64_t count = json_get_int(met, "count", 0);
    for (size_t i = 0; i < all->count; i++) {
        struct rest *known = &all->at[i];
        if (text_equal(known->kind, json_get_text(met, "kind", "")) &&
            text_equal(known->name, json_get_text(met, "name", ""))) {
            known->count += count;
            return;
        }
    }
    all->at = xreallocarray(all->at, all->count + 1, sizeof(*all->at));
    all->at[all->count++] = (struct rest){.kind = copy_text(met, "kind"),
                                          .name = copy_text(met, "name"),
                                          .reason = copy_text(met, "reason"),
                                          .until = copy_text(met, "until"),
                                          .count = count};
}

static void free_rests(struct rests *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->at[i].kind);
        free(all->at[i].name);
        free(all->at[i].reason);
        free(all->at[i].until);
    }
    free(all->at);
}

static void add_answer(void *context, const struct json_t *facts)
{
    const struct json_t *rests = json_get(facts, "rests");
    for (size_t i = 0; i < json_count(rests); i++)
        add_rest(context, json_at(rests, i));
}

/* These may have arrived: whoever sends them again may tell somebody twice, and pay twice. */
static int confirm(const struct acts *a, struct error *err)
{
    struct buf question = {0}, by = {0};
    bool doubtful = text_equal(option_value(a->inv, "state"), "uncertain");
    if (a->count <= (doubtful ? 0 : ACTS_ASK_ABOVE))
        return 0;
    acts_put_shares(a, &by);
    if (doubtful)
        say_put(a->inv, &question,
                "%lld deliveries (%s) may have arrived already; trying again may repeat them. "
                "Continue?",
                (long long)a->count, buf_text(&by));
    else
        say_put(a->inv, &question, "%lld deliveries (%s) will be tried now. Continue?",
                (long long)a->count, buf_text(&by));
    int rc = confirm_yes(a->inv, buf_text(&question), err);
    buf_free(&question);
    buf_free(&by);
    return rc;
}

static void print_json_rest(const struct rest *rest, const char *sign)
{
    struct buf out = {0};
    buf_printf(&out, "%s{\"kind\":\"%s\",\"name\":", sign, rest->kind);
    buf_put_json(&out, rest->name);
    buf_puts(&out, ",\"reason\":");
    buf_put_json(&out, rest->reason);
    buf_puts(&out, ",\"until\":");
    buf_put_json(&out, rest->until[0] != '\0' ? rest->until : NULL);
    printf("%s,\"count\":%" PRId64 "}", buf_text(&out), rest->count);
    buf_free(&out);
}

static void print_json(const struct retried *r, bool dry_run)
{
    struct buf out = {0};
    buf_printf(&out, "{\"v\":1,\"verb\":\"retry\",\"count\":%" PRId64 ",\"dry_run\":%s",
               r->acts.count, dry_run ? "true" : "false");
    acts_put_json(&r->acts, &out);
    printf("%s,\"rests\":[", buf_text(&out));
    for (size_t i = 0; i < r->rests.count; i++)
        print_json_rest(&r->rests.at[i], i > 0 ? "," : "");
    buf_reset(&out);
    acts_put_actions(&r->acts, &out);
    printf("],\"actions\":\"%s\"}\n", buf_text(&out));
    buf_free(&out);
}

/* What is on its way needs no word beside what was moved. */
static void tell_left(const struct acts *a)
{
    for (size_t i = 0; i < REASONS; i++) {
        int64_t left = tally_words_find(&a->left, reasons[i].key);
        bool idle = text_equal(reasons[i].key, "on_its_way") || text_equal(reasons[i].key, "due") ||
                    text_equal(reasons[i].key, "arrived");
        if (left > 0 && (a->count == 0 || !idle))
            say(a->inv, stderr, "%lld %s.\n", (long long)left,
                say_word(a->inv, left == 1 ? reasons[i].one : reasons[i].many));
    }
    if (a->count == 0 && a->left.count == 0)
        say(a->inv, stderr,
            "Nothing matches that could be tried again; `dispatcher queue` with the same options "
            "lists what there is. Held, suppressed, waiting and uncertain ones are only meant if "
            "--state names them.\n");
}

/* One goes, and what comes of it decides about the others: none of them is due before. */
static void tell_rest(const struct invocation *inv, const struct rest *rest)
{
    char until[64];
    const char *kind = say_word(inv, rest->kind);
    const char *at = output_time(rest->until, until, sizeof(until));
    if (rest->until[0] != '\0' && rest->reason[0] != '\0')
        say(inv, stdout, "The %s %s rests until %s (%s). ", kind, rest->name, at, rest->reason);
    else if (rest->until[0] != '\0')
        say(inv, stdout, "The %s %s rests until %s. ", kind, rest->name, at);
    else if (rest->reason[0] != '\0')
        say(inv, stdout, "The %s %s is being tried with one after a rest (%s). ", kind, rest->name,
            rest->reason);
    else
        say(inv, stdout, "The %s %s is being tried with one after a rest. ", kind, rest->name);
    if (rest->count == 1)
        say(inv, stdout, "The one delivery that waits for it is tried now.\n");
    else
        say(inv, stdout,
            "Of the %lld deliveries that wait for it one is tried now, the others follow if it is "
            "taken.\n",
            (long long)rest->count);
}

static void tell_rests(const struct invocation *inv, const struct rests *all)
{
    for (size_t i = 0; i < all->count && i < RESTS_TOLD; i++)
        tell_rest(inv, &all->at[i]);
    if (all->count > RESTS_TOLD)
        say(inv, stdout, "Likewise for %zu others that rest; --json names them.\n",
            all->count - RESTS_TOLD);
}

/* Without those that wait for a rest: they are told with it. */
static int64_t count_due(const struct retried *r)
{
    int64_t due = r->acts.count;
    for (size_t i = 0; i < r->rests.count; i++)
        due -= r->rests.at[i].count;
    return due;
}

static void tell_would(const struct acts *a)
{
    struct buf by = {0};
    acts_put_shares(a, &by);
    if (a->count == 1)
        say(a->inv, stdout, "1 delivery would be tried again.\n");
    else if (a->count == 0)
        say(a->inv, stdout, "0 deliveries would be tried again.\n");
    else
        say(a->inv, stdout, "%lld deliveries would be tried again (%s).\n", (long long)a->count,
            buf_text(&by));
    buf_free(&by);
}

static void tell_follow(const struct acts *a)
{
    struct buf words = {0};
    selected_put_words(a->selected, a->inv, &words);
    if (a->daemon)
        say(a->inv, stdout, " Follow: dispatcher tail%s\n", buf_text(&words));
    else
        say(a->inv, stdout, " No daemon is running; start it with `dispatcher run`.\n");
    buf_free(&words);
}

/* By the number of the action: what has gone meanwhile is not called back. */
static void tell_undo(const struct acts *a)
{
    struct buf numbers = {0};
    acts_put_actions(a, &numbers);
    if (numbers.len > 0)
        say(a->inv, stdout,
            "Hold back what has not left: dispatcher hold --action %s   Look: dispatcher queue "
            "--action %s\n",
            numbers.data, numbers.data);
    buf_free(&numbers);
}

static void tell_due(const struct retried *r)
{
    int64_t due = count_due(r);
    if (due == 0 && r->rests.count > 0)
        return;
    if (due == 1)
        say(r->acts.inv, stdout, "1 delivery is due now.");
    else
        say(r->acts.inv, stdout, "%lld deliveries are due now.", (long long)due);
    if (r->acts.count > 0)
        tell_follow(&r->acts);
    else
        printf("\n");
}

static void report(const struct retried *r, bool dry_run)
{
    if (invocation_json(r->acts.inv)) {
        print_json(r, dry_run);
        return;
    }
    if (dry_run)
        tell_would(&r->acts);
    else
        tell_due(r);
    tell_rests(r->acts.inv, &r->rests);
    if (!dry_run)
        tell_undo(&r->acts);
    fflush(stdout);
    tell_left(&r->acts);
}

/* What is due already may wait for a rest, and only the daemon knows. */
static int run(const struct invocation *inv, struct error *err)
{
    struct selected selected;
    struct retried r = {.acts = {.inv = inv, .selected = &selected, .verb = "retry"}};
    bool dry_run = option_given(inv, "dry-run");
    r.acts.on_answer = add_answer;
    r.acts.context = &r.rests;
    int rc = selected_read(inv, &selected, err);
    if (rc == 0)
        rc = acts_count(&r.acts, err);
    if (rc == 0 && !dry_run)
        rc = confirm(&r.acts, err);
    if (rc == 0 && !dry_run && r.acts.count + tally_words_find(&r.acts.left, "due") > 0)
        rc = acts_do(&r.acts, err);
    if (rc == 0)
        report(&r, dry_run);
    free_rests(&r.rests);
    acts_clear(&r.acts);
    selected_clear(&selected);
    return rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"reason", 0, "TEXT", "why, for the record"},
    {"dry-run", 'n', NULL, "only say how many"},
    CONFIRM_YES_OPTION,
};

const struct command command_retry = {
    .name = "retry",
    .arguments = "ID... | - | --batch ID --state failed",
    .summary = "try deliveries again now",
    .details =
        "  dispatcher retry --batch recall-2026 --state failed --reason \"relay mended, ticket "
        "4711\"\n"
        "  dispatcher queue --cause mailbox_full --json | dispatcher retry -\n\n"
        "Takes ids, or a selector; without either nothing happens (exit 64). A delivery that was "
        "already\n"
        "delivered, or is in flight, stays as it is. `--state waiting`, `--cause window` or an ID "
        "also takes what\n"
        "waits for its hours or a rate: it is due now, and waits again if it still must. What "
        "waits for a transport,\n"
        "a domain or an endpoint that rests after faults: the rest ends, one is tried now, and the "
        "others follow if\n"
        "it is taken.\n"
        "What can never be sent (refused at intake, expired, purged) is left and counted. `--state "
        "uncertain` asks\n"
        "first: those may have arrived already. What is for a disabled endpoint waits for "
        "`dispatcher endpoint\n"
        "enable`. A stopped batch stays stopped until `dispatcher "
        "resume`. Who did it, when, why "
        "and how many\n"
        "is recorded. Many are moved in steps: one that is interrupted stands in `dispatcher "
        "actions` without\n"
        "an end; asking again takes the rest.\n\n"
        "`dispatcher hold --action NUMBER`, as it is printed, holds back just these, as far as "
        "they have not left.\n\n"
        "JSON, one object: v, verb, count, dry_run, left (numbers by reason: refused, expired, "
        "purged, told,\n"
        "on_its_way, due, endpoint_disabled, arrived), rests (of count, what waits for a rest: "
        "kind, name, reason,\n"
        "until, count), by (channel and locale: numbers by name), actions (their numbers, as "
        "--action takes them).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 10000,
    .run = run,
};
