#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"
#include "operator/output.h"
#include "operator/progress.h"
#include "operator/selected.h"
#include "operator/session.h"

/* So many rests are told one by one. */
#define RESTS_TOLD 10
/* More than this many at once wants a yes. */
#define ASK_ABOVE 100

/* Why what was meant is left alone, and what to do about it. */
static const struct reason {
    const char *key, *one, *many;
} reasons[] = {
    {"refused",
     "was refused when its batch was taken in and can never be sent (`dispatcher queue --state "
     "failed` names the cause): hand over a corrected line as a new batch",
     "were refused when their batch was taken in and can never be sent (`dispatcher queue --state "
     "failed` names the causes): hand over corrected lines as a new batch"},
    {"expired", "is past its expires_at: hand it over as a new notice if it still matters",
     "are past their expires_at: hand them over as new notices if they still matter"},
    {"purged", "has lost its text after retention: hand it over as a new notice",
     "have lost their texts after retention: hand them over as new notices"},
    {"told", "is left: another channel of the same notice is on its way or arrived",
     "are left: another channel of the same notice is on its way or arrived"},
    {"on_its_way", "is on its way already: in flight, or waiting for its not_before",
     "are on their way already: in flight, or waiting for their not_before"},
    {"due", "is due already, and goes when its turn comes",
     "are due already, and go when their turn comes"},
    {"endpoint_disabled",
     "is for a disabled endpoint and stays held: `dispatcher endpoint list` tells which and why, "
     "`dispatcher endpoint enable` lets it go on",
     "are for disabled endpoints and stay held: `dispatcher endpoint list` tells which and why, "
     "`dispatcher endpoint enable` lets them go on"},
    {"arrived", "was delivered", "were delivered"},
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

/* One retry, of an id or of a selector, in the steps the engine takes it in. */
struct steps {
    struct session *session;
    const struct invocation *inv;
    const struct selected *selected;
    struct progress *progress; /* NULL: it is only counted */
    int64_t expected, count;
    int64_t left[REASONS]; /* meant, but left alone */
    struct rests rests;    /* what they wait for, of `count` */
};

/* False: there is no `index`-th selector. */
static bool put_request(struct buf *out, const struct steps *s, size_t index,
                        const struct json_t *before)
{
    static const char *const places[] = {"after", "until", "action"};
    request_begin(out, "retry");
    if (!selected_put(s->selected, s->inv, index, out))
        return false;
    request_put_text(out, "reason", option_value(s->inv, "reason"));
    for (size_t i = 0; i < COUNT_OF(places); i++)
        buf_printf(out, ",\"%s\":%" PRId64, places[i], json_get_int(before, places[i], 0));
    buf_printf(out, ",\"dry_run\":%s}", s->progress == NULL ? "true" : "false");
    return true;
}

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

static void add_answer(struct steps *s, const struct json_t *facts)
{
    const struct json_t *rests = json_get(facts, "rests");
    s->count += json_get_int(facts, "count", 0);
    for (size_t i = 0; i < REASONS; i++)
        s->left[i] += json_get_int(json_get(facts, "left"), reasons[i].key, 0);
    for (size_t i = 0; i < json_count(rests); i++)
        add_rest(&s->rests, json_at(rests, i));
}

/* One step; *before is the answer of the last one, and becomes this one's. */
static int ask_step(struct steps *s, size_t index, struct json_t **before, bool *out_any,
                    struct error *err)
{
    struct buf request = {0};
    struct json_t *facts = NULL;
    int rc = 0;
    *out_any = put_request(&request, s, index, *before);
    if (*out_any)
        rc = session_ask(s->session, buf_text(&request), NULL, &facts, err);
    add_answer(s, facts);
    if (s->progress != NULL)
        progress_update(s->progress, s->count, s->expected, NULL, clock_mono_ms());
    json_free(*before);
    *before = facts;
    buf_free(&request);
    return rc;
}

/* One retry, or one for each that is named. */
static int ask_all(struct steps *s, struct error *err)
{
    bool any = true;
    int rc = 0;
    for (size_t i = 0; rc == 0 && any; i++) {
        struct json_t *before = NULL;
        do
            rc = ask_step(s, i, &before, &any, err);
        while (rc == 0 && json_get_bool(before, "more", false));
        json_free(before);
    }
    return rc;
}

/* Counted beside the daemon: searching millions shall not keep it from sending. */
static int count_all(const struct invocation *inv, const struct selected *selected, struct steps *s,
                     struct error *err)
{
    struct session session;
    *s = (struct steps){.session = &session, .inv = inv, .selected = selected};
    int rc = session_open_beside(inv, &session, err);
    if (rc == 0)
        rc = ask_all(s, err);
    session_close(&session);
    return rc;
}

static int move_all(const struct invocation *inv, struct steps *s, bool *out_daemon,
                    struct error *err)
{
    struct session session;
    struct progress progress;
    *s = (struct steps){.session = &session,
                        .inv = inv,
                        .selected = s->selected,
                        .progress = &progress,
                        .expected = s->count};
    progress_begin(&progress, "retry", invocation_json(inv), clock_mono_ms());
    int rc = session_open(inv, LEDGER_WRITE, &session, err);
    if (rc == 0)
        rc = ask_all(s, err);
    progress_hide(&progress);
    *out_daemon = rc == 0 && client_has_daemon(session.client);
    session_close(&session);
    return rc;
}

/* These may have arrived: whoever sends them again may tell somebody twice, and pay twice. */
static int confirm_doubtful(int64_t count, struct error *err)
{
    char question[160];
    snprintf(question, sizeof(question),
             "%" PRId64
             " deliveries may have arrived already; trying again may repeat them. Continue?",
             count);
    if (output_confirm(question))
        return 0;
    return error_set(err, ERR_USAGE,
                     "nothing was changed: %" PRId64
                     " deliveries may have arrived already. Look at the gateway or the "
                     "mail server first; add --yes to send them again",
                     count);
}

static int confirm(const struct invocation *inv, int64_t count, struct error *err)
{
    char question[160];
    const char *state = option_value(inv, "state");
    bool doubtful = count > 0 && state != NULL && strcmp(state, "uncertain") == 0;
    if (option_given(inv, "yes"))
        return 0;
    if (doubtful)
        return confirm_doubtful(count, err);
    if (count <= ASK_ABOVE)
        return 0;
    snprintf(question, sizeof(question),
             "%" PRId64 " deliveries will be tried again now. Continue?", count);
    if (output_confirm(question))
        return 0;
    return error_set(err, ERR_USAGE,
                     "nothing was changed: %" PRId64 " deliveries are more than %d; add --yes",
                     count, ASK_ABOVE);
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

static void print_json(const struct steps *s, bool dry_run)
{
    const char *sign = "";
    printf("{\"v\":1,\"verb\":\"retry\",\"count\":%" PRId64 ",\"dry_run\":%s,\"left\":{", s->count,
           dry_run ? "true" : "false");
    for (size_t i = 0; i < REASONS; i++) {
        if (s->left[i] == 0)
            continue;
        printf("%s\"%s\":%" PRId64, sign, reasons[i].key, s->left[i]);
        sign = ",";
    }
    printf("},\"rests\":[");
    for (size_t i = 0; i < s->rests.count; i++)
        print_json_rest(&s->rests.at[i], i > 0 ? "," : "");
    printf("]}\n");
}

/* What is on its way needs no word beside what was moved. */
static void tell_left(const struct steps *s)
{
    int64_t any = 0;
    for (size_t i = 0; i < REASONS; i++) {
        bool idle = text_equal(reasons[i].key, "on_its_way") || text_equal(reasons[i].key, "due") ||
                    text_equal(reasons[i].key, "arrived");
        any += s->left[i];
        if (s->left[i] > 0 && (s->count == 0 || !idle))
            fprintf(stderr, "%" PRId64 " %s.\n", s->left[i],
                    s->left[i] == 1 ? reasons[i].one : reasons[i].many);
    }
    if (s->count == 0 && any == 0)
        fprintf(stderr, "Nothing matches that could be tried again; `dispatcher queue` with the "
                        "same options lists what there is. Held, suppressed, waiting and uncertain "
                        "ones are only meant if --state names them.\n");
}

/* One goes, and what comes of it decides about the others: none of them is due before. */
static void tell_rest(const struct rest *rest)
{
    char until[64];
    if (rest->until[0] != '\0')
        printf("The %s %s rests until %s", rest->kind, rest->name,
               output_time(rest->until, until, sizeof(until)));
    else
        printf("The %s %s is being tried with one after a rest", rest->kind, rest->name);
    if (rest->reason[0] != '\0')
        printf(" (%s)", rest->reason);
    if (rest->count == 1)
        printf(". The one delivery that waits for it is tried now.\n");
    else
        printf(". Of the %" PRId64 " deliveries that wait for it one is tried now, the others "
               "follow if it is taken.\n",
               rest->count);
}

static void tell_rests(const struct rests *all)
{
    for (size_t i = 0; i < all->count && i < RESTS_TOLD; i++)
        tell_rest(&all->at[i]);
    if (all->count > RESTS_TOLD)
        printf("Likewise for %zu others that rest; --json names them.\n", all->count - RESTS_TOLD);
}

/* Without those that wait for a rest: they are told with it. */
static int64_t count_due(const struct steps *s)
{
    int64_t due = s->count;
    for (size_t i = 0; i < s->rests.count; i++)
        due -= s->rests.at[i].count;
    return due;
}

static int report(const struct steps *s, bool dry_run, bool daemon)
{
    if (invocation_json(s->inv)) {
        print_json(s, dry_run);
        return 0;
    }
    if (dry_run)
        printf("%" PRId64 " %s would be tried again.\n", s->count,
               text_plural(s->count, "delivery", "deliveries"));
    else if (count_due(s) > 0 || s->rests.count == 0)
        printf("%" PRId64 " %s due now.%s\n", count_due(s),
               text_plural(count_due(s), "delivery is", "deliveries are"),
               s->count > 0 && !daemon ? " No daemon is running; start it with `dispatcher run`."
                                       : "");
    tell_rests(&s->rests);
    fflush(stdout);
    tell_left(s);
    return 0;
}

static int64_t count_left(const struct steps *s, const char *reason)
{
    for (size_t i = 0; i < REASONS; i++) {
        if (text_equal(reasons[i].key, reason))
            return s->left[i];
    }
    return 0;
}

/* What is due already may wait for a rest, and only the daemon knows. */
static int run(const struct invocation *inv, struct error *err)
{
    struct steps s = {0};
    struct selected selected;
    bool dry_run = option_given(inv, "dry-run"), daemon = false;
    int rc = selected_read(inv, &selected, err);
    if (rc == 0)
        rc = count_all(inv, &selected, &s, err);
    if (rc == 0 && !dry_run)
        rc = confirm(inv, s.count, err);
    if (rc == 0 && !dry_run && s.count + count_left(&s, "due") > 0)
        rc = move_all(inv, &s, &daemon, err);
    if (rc == 0)
        rc = report(&s, dry_run, daemon);
    free_rests(&s.rests);
    selected_clear(&selected);
    return rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"reason", 0, "TEXT", "why, for the record"},
    {"dry-run", 'n', NULL, "only say how many"},
    {"yes", 'y', NULL, "do not ask"},
};

const struct command command_retry = {
    .name = "retry",
    .arguments = "ID... | - | --batch ID --state failed",
    .summary = "try deliveries again now",
    .details =
        "  dispatcher retry --batch recall-2026 --state failed --reason \"relay mended, ticket "
        "4711\"\n\n"
        "Takes ids, or a selector; without either nothing happens (exit 64). A delivery that was "
        "already\n"
        "delivered, or is in flight, stays as it is. `--state waiting`, `--cause window` or an ID "
        "also takes what\n"
        "waits for its hours or a rate: it is due now, and waits again if it still must. What "
        "waits "
        "for a transport,\n"
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
        "JSON, one object: v, verb, count, dry_run, left (numbers by reason: refused, expired, "
        "purged, told,\n"
        "on_its_way, due, endpoint_disabled, arrived), rests (of count, what waits for a rest: "
        "kind, name, reason,\n"
        "until, count).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 10000,
    .run = run,
};
