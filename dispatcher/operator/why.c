/*
 * One delivery, one paragraph: what happened, what happens next, what to do now. Two tables hold
 * the words: one by state, one by what it waits for. A word that stands in neither is told as it
 * is, so that a new wait is never silent.
 */
#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "cli/cure.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/cause.h"
#include "model/job.h"
#include "model/json.h"
#include "operator/refused.h"

struct why {
    const struct invocation *inv;
    struct json_t *notice; /* NULL: not read yet; owned */
    struct json_t *row;    /* the delivery before the one that is read now; owned */
    struct buf last;       /* the reply to its last attempt */
    bool doubtful;         /* nobody knows what came of that */
    bool any;
};

/* What a sentence is about. */
struct subject {
    const struct invocation *inv;
    const char *id, *channel, *state, *cause, *batch, *transport, *address, *campaign;
    const char *stopped_by; /* "campaign", "letter" or "batch", while it waits for that; NULL */
    const char *reply;      /* visible, may be "" */
    const char *because;    /* why its transport rests, or its batch is stopped; "" */
    const char *when;       /* it may go then, for people; "-": nobody knows */
    const char *changed;
    int64_t attempts;
    bool doubtful; /* the last attempt may have told the person */
};

typedef void tell_fn(const struct subject *s, struct buf *out);

/* ---- what happened ---- */

static void tell_meaning(const struct subject *s, struct buf *out)
{
    const char *meaning = cause_meaning(s->cause);
    if (meaning != NULL)
        say_put(s->inv, out, " %s", say_word(s->inv, meaning));
    else if (s->cause[0] != '\0')
        say_put(s->inv, out, " The cause is %s.", s->cause);
    if (s->reply[0] != '\0')
        say_put(s->inv, out, " The last words on it were: %s.", s->reply);
}

static void tell_waiting(const struct subject *s, struct buf *out)
{
    if (s->attempts == 0)
        say_put(s->inv, out, "%s is accepted and has not been tried by %s yet.", s->id, s->channel);
    else
        say_put(s->inv, out, "%s is to be tried anew (attempts so far: %lld, by %s).", s->id,
                (long long)s->attempts, s->channel);
}

static void tell_in_flight(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, "%s is being sent by %s at this moment.", s->id, s->channel);
}

static void tell_deferred(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, "%s is not through yet (attempts so far: %lld, by %s).", s->id,
            (long long)s->attempts, s->channel);
    tell_meaning(s, out);
    if (s->doubtful)
        say_put(s->inv, out,
                " The person may have it already: another try may then tell them twice.");
}

static void tell_held(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, "%s is held back by %s since %s.", s->id, s->channel, s->changed);
    tell_meaning(s, out);
}

/* No server took it: somebody knows that it arrived. */
static void tell_marked(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out,
            "%s counts as delivered by %s since %s, because a person said so: no server answered.",
            s->id, s->channel, s->changed);
    if (s->reply[0] != '\0')
        say_put(s->inv, out, " What is recorded of it: %s.", s->reply);
}

static void tell_delivered(const struct subject *s, struct buf *out)
{
    if (text_equal(s->cause, "operator")) {
        tell_marked(s, out);
        return;
    }
    say_put(s->inv, out, "%s was delivered by %s at %s: the next server is responsible for it.",
            s->id, s->channel, s->changed);
    if (s->reply[0] != '\0')
        say_put(s->inv, out, " It answered: %s.", s->reply);
}

static void tell_failed(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, "%s has failed by %s for good at %s (attempts: %lld).", s->id, s->channel,
            s->changed, (long long)s->attempts);
    tell_meaning(s, out);
}

static void tell_suppressed(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, "%s was not sent by %s, on purpose.", s->id, s->channel);
    tell_meaning(s, out);
}

static void tell_expired(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, "%s was given up by %s at %s, because its time was over.", s->id,
            s->channel, s->changed);
}

static void tell_cancelled(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, "%s was cancelled by %s at %s and is not sent any more.", s->id,
            s->channel, s->changed);
    tell_meaning(s, out);
}

static void tell_uncertain(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out,
            "%s may have arrived by %s: nobody knows, and a repeat may cost money or tell somebody "
            "twice.",
            s->id, s->channel);
    tell_meaning(s, out);
}

static const struct {
    const char *state;
    tell_fn *tell;
} happened[] = {
    {"waiting", tell_waiting},       {"in_flight", tell_in_flight},
    {"deferred", tell_deferred},     {"held", tell_held},
    {"delivered", tell_delivered},   {"failed", tell_failed},
    {"suppressed", tell_suppressed}, {"expired", tell_expired},
    {"cancelled", tell_cancelled},   {"uncertain", tell_uncertain},
};

/* ---- what happens next ---- */

static void next_stopped(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " Nothing of its batch %s is sent until somebody lets it go on.",
            s->batch);
    if (s->because[0] != '\0')
        say_put(s->inv, out, " It was stopped for this reason: %s.", s->because);
}

static void next_transport_rest(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " Its transport %s rests after faults and is tried again at %s.",
            s->transport, s->when);
    if (s->because[0] != '\0')
        say_put(s->inv, out, " What happened there: %s.", s->because);
}

static void next_transport_paused(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " Its transport %s is paused until an operator lets it go on.",
            s->transport);
    if (s->because[0] != '\0')
        say_put(s->inv, out, " It was paused for this reason: %s.", s->because);
}

static void next_transport_rate(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " Its transport %s sends as fast as it may; it goes when it is its turn.",
            s->transport);
}

static void next_warmup(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " Today's limit of the warm-up of %s is reached; it goes on at %s.",
            s->transport, s->when);
}

static void next_rate(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " It waits for its turn at the rate of its mail domain, at %s.", s->when);
}

static void next_destination_rest(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out,
            " Its domain or endpoint failed repeatedly and rests; it is tried again at %s.",
            s->when);
}

static void next_window(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out,
            " It waits for the hours in which messages may be sent where its recipient lives; they "
            "begin at %s.",
            s->when);
}

static void next_not_before(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " It was asked to go not before %s.", s->when);
}

static void next_canary(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out,
            " The first ones of its campaign %s are out; the others wait until those have been "
            "looked at.",
            s->campaign);
}

static void next_wave(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " It waits for the next wave of its campaign %s, at %s.", s->campaign,
            s->when);
}

static void next_letter(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out,
            " It waits for its letter, and goes by itself after the reload that brings it back.");
    if (s->because[0] != '\0')
        say_put(s->inv, out, " What keeps it: %s.", s->because);
}

static void next_retry(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " It is tried again by itself at %s.", s->when);
}

static void next_daemon(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " It is due, but no daemon runs.");
}

static void next_person(const struct subject *s, struct buf *out)
{
    say_put(s->inv, out, " Nothing moves it but a person.");
}

/* `command`: what to do now, with a name behind it; NULL: what its cause wants, if anything. */
static const struct wait {
    const char *word;
    tell_fn *tell;
    const char *command; /* NULL: nothing has to be done */
    enum { OF_NOTHING, OF_NOTICE, OF_BATCH, OF_TRANSPORT, OF_ADDRESS, OF_CAMPAIGN } of;
    bool goes_anyway; /* without the command, too, but later */
} waits[] = {
    {"stopped", next_stopped, "dispatcher resume", OF_BATCH, false},
    {"transport_rest", next_transport_rest, "dispatcher transport test", OF_TRANSPORT, true},
    {"transport_paused", next_transport_paused, "dispatcher transport resume", OF_TRANSPORT, false},
    {"transport_rate", next_transport_rate, NULL, OF_NOTHING, false},
    {"warmup", next_warmup, NULL, OF_NOTHING, false},
    {"rate", next_rate, NULL, OF_NOTHING, false},
    {"destination_rest", next_destination_rest, "dispatcher retry", OF_NOTICE, true},
    {"window", next_window, NULL, OF_NOTHING, false},
    {"canary", next_canary, "dispatcher campaign show", OF_CAMPAIGN, false},
    {"wave", next_wave, NULL, OF_NOTHING, false},
    {"letter", next_letter, "dispatcher reload", OF_NOTHING, false},
    {"not_before", next_not_before, NULL, OF_NOTHING, false},
    {"retry", next_retry, "dispatcher retry", OF_NOTICE, true},
    {"daemon", next_daemon, "dispatcher run", OF_NOTHING, false},
    {"endpoint_disabled", next_person, "dispatcher endpoint enable", OF_ADDRESS, false},
    {"operator", next_person, NULL, OF_NOTHING, false},
};

static const struct wait *find_wait(const char *word)
{
    for (size_t i = 0; word != NULL && i < COUNT_OF(waits); i++) {
        if (text_equal(waits[i].word, word))
            return &waits[i];
    }
    return NULL;
}

static void tell_next(const struct subject *s, const struct json_t *row, struct buf *out)
{
    const char *word = json_get_text(row, "waits_for", NULL);
    const struct wait *wait = find_wait(word);
    bool due = text_equal(s->state, "waiting") || text_equal(s->state, "deferred");
    if (wait != NULL)
        wait->tell(s, out);
    else if (word != NULL)
        say_put(s->inv, out, " It waits for %s until %s.", word, s->when);
    else if (due)
        say_put(s->inv, out, " It is due and goes when it is its turn.");
}

static void tell_follower(const struct subject *s, const struct json_t *row, struct buf *out)
{
    char when[64];
    const char *channel = json_get_text(row, "next_channel", NULL);
    const char *at = output_time(json_get_text(row, "next_channel_at", NULL), when, sizeof(when));
    if (json_get_text(row, "next_channel_at", NULL) == NULL)
        return;
    if (channel != NULL)
        say_put(s->inv, out, " If it has not told the person by %s, %s takes its turn.", at,
                channel);
    else
        say_put(s->inv, out,
                " If it has not told the person by %s, the next channel takes its turn.", at);
}

/* ---- what to do now ---- */

static void put_wait_command(const struct subject *s, const struct wait *wait, struct buf *out)
{
    const char *const names[] = {
        [OF_NOTHING] = NULL,           [OF_NOTICE] = s->id,       [OF_BATCH] = s->batch,
        [OF_TRANSPORT] = s->transport, [OF_ADDRESS] = s->address, [OF_CAMPAIGN] = s->campaign};
    buf_puts(out, wait->command);
    if (names[wait->of] == NULL)
        return;
    buf_putc(out, ' ');
    cure_put_word(out, names[wait->of]);
}

/* To resume a batch lets nothing go that its letter or its campaign stops. */
static bool find_way_of_stop(const struct subject *s, const struct wait *wait, struct cure *out)
{
    static const struct wait campaign = {.command = "dispatcher campaign resume",
                                         .of = OF_CAMPAIGN},
                             letter = {.command = "dispatcher reload", .of = OF_NOTHING};
    bool by_letter = text_equal(s->stopped_by, "letter");
    if (wait == NULL || wait->of != OF_BATCH ||
        (!by_letter && !text_equal(s->stopped_by, "campaign")))
        return false;
    if (by_letter)
        out->first = SAID("put its letter back as it was approved");
    put_wait_command(s, by_letter ? &letter : &campaign, &out->command);
    return true;
}

/* The way out by what it waits for, else by its cause. */
static void find_way(const struct subject *s, const struct json_t *row, struct cure *out)
{
    const struct wait *wait = find_wait(json_get_text(row, "waits_for", NULL));
    const struct cure_question q = {
        .state = s->state, .cause = s->cause, .channel = s->channel, .id = s->id};
    *out = (struct cure){.first = ""};
    if (find_way_of_stop(s, wait, out))
        return;
    if (wait != NULL && wait->command != NULL) {
        put_wait_command(s, wait, &out->command);
        return;
    }
    cure_find(s->inv, &q, out);
    if (text_equal(s->state, "deferred"))
        out->first = ""; /* the sentence before says that it waits */
}

static void tell_way(const struct subject *s, const struct json_t *row, const struct cure *way,
                     struct buf *out)
{
    const struct wait *wait = find_wait(json_get_text(row, "waits_for", NULL));
    if (wait != NULL && wait->goes_anyway)
        say_put(s->inv, out, " Who does not want to wait: %s", buf_text(&way->command));
    else if (way->first[0] != '\0' && way->command.len > 0)
        say_put(s->inv, out, " What to do: %s, then %s", say_word(s->inv, way->first),
                way->command.data);
    else if (way->first[0] != '\0')
        say_put(s->inv, out, " What to do: %s.", say_word(s->inv, way->first));
    else if (way->command.len > 0)
        say_put(s->inv, out, " What to do: %s", way->command.data);
    else
        say_put(s->inv, out, " There is nothing to do.");
}

/* ---- one delivery ---- */

static void print_paragraph(const struct subject *s, const struct json_t *row,
                            const struct cure *way)
{
    struct buf out = {0};
    for (size_t i = 0; i < COUNT_OF(happened); i++) {
        if (text_equal(happened[i].state, s->state))
            happened[i].tell(s, &out);
    }
    tell_next(s, row, &out);
    tell_follower(s, row, &out);
    tell_way(s, row, way, &out);
    buf_putc(&out, '\n');
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}

static void put_member(struct buf *out, const struct json_t *row, const char *key)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, json_get_text(row, key, NULL));
}

static void print_object(const struct subject *s, const struct json_t *row, const struct cure *way)
{
    static const char *const members[] = {"channel",      "state",          "cause",
                                          "waits_for",    "rests_because",  "next_attempt_at",
                                          "next_channel", "next_channel_at"};
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1");
    request_put_text(&out, "id", s->id);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        put_member(&out, row, members[i]);
    buf_printf(&out, ",\"attempts\":%lld,\"meaning\":", (long long)s->attempts);
    buf_put_json(&out, cause_meaning(s->cause));
    request_put_text(&out, "reply", s->reply);
    request_put_text(&out, "cure", way->first);
    buf_puts(&out, ",\"command\":");
    buf_put_json(&out, way->command.len > 0 ? way->command.data : NULL);
    buf_puts(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}

/* Without the line end and the full stop that the sentence around it brings. */
static void put_reply(const struct invocation *inv, const char *text, struct buf *out)
{
    struct buf bare = {0};
    size_t len = strlen(text);
    while (len > 0 && strchr("\r\n. ", text[len - 1]) != NULL)
        len--;
    buf_put(&bare, text, len);
    if (invocation_json(inv))
        text_put_visible(out, text, len);
    else
        kept_put(inv, buf_text(&bare), out);
    buf_free(&bare);
}

static void tell_delivery(const struct why *w, const struct json_t *row)
{
    char when[64], changed[64];
    struct buf reply = {0}, because = {0};
    struct cure way;
    const char *own = json_get_text(row, "reply", "");
    put_reply(w->inv, own[0] != '\0' ? own : buf_text(&w->last), &reply);
    put_reply(w->inv,
              json_get_text(row, "rests_because", json_get_text(w->notice, "stop_reason", "")),
              &because);
    const struct subject s = {
        .inv = w->inv,
        .id = json_get_text(row, "id", ""),
        .channel = json_get_text(row, "channel", ""),
        .state = json_get_text(row, "state", ""),
        .cause = json_get_text(row, "cause", ""),
        .batch = json_get_text(row, "batch", ""),
        .transport = json_get_text(row, "transport", ""),
        .address = json_get_text(row, "address", ""),
        .campaign = json_get_text(row, "campaign", ""),
        .stopped_by = json_get_text(w->notice, "stopped_by", NULL),
        .reply = buf_text(&reply),
        .because = buf_text(&because),
        .when = output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)),
        .changed = output_time(json_get_text(row, "changed_at", NULL), changed, sizeof(changed)),
        .attempts = json_get_int(row, "attempts", 0),
        .doubtful = w->doubtful,
    };
    find_way(&s, row, &way);
    if (invocation_json(w->inv))
        print_object(&s, row, &way);
    else
        print_paragraph(&s, row, &way);
    cure_clear(&way);
    buf_free(&reply);
    buf_free(&because);
}

/* ---- the answer to `show`: the notice, then each delivery followed by its story ---- */

static struct json_t *copy(const struct json_t *row)
{
    struct buf text = {0};
    struct error ignored;
    struct json_t *out = NULL;
    json_put(&text, row);
    if (json_parse(buf_text(&text), text.len, "answer", 1, JOB_DEPTH_MAX + 4, &out, &ignored) != 0)
        out = NULL;
    buf_free(&text);
    return out;
}

static void end_delivery(struct why *w)
{
    if (w->row != NULL && w->any && !invocation_json(w->inv))
        putchar('\n');
    if (w->row != NULL) {
        tell_delivery(w, w->row);
        w->any = true;
    }
    json_free(w->row);
    w->row = NULL;
    w->doubtful = false;
    buf_reset(&w->last);
}

static void take_line(void *context, const struct json_t *row)
{
    struct why *w = context;
    if (json_get(row, "job") != NULL)
        w->notice = copy(row);
    else if (json_get(row, "attempt") != NULL) {
        buf_reset(&w->last);
        buf_puts(&w->last, json_get_text(row, "reply", ""));
        w->doubtful = text_equal(json_get_text(row, "outcome", ""), "uncertain");
    } else if (json_get(row, "receipt") == NULL) {
        end_delivery(w);
        w->row = copy(row);
    }
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct why why = {.inv = inv};
    struct buf request = {0}, rows = {0}, end = {0};
    request_begin(&request, "show");
    request_put_text(&request, "id", argument_at(inv, 0));
    buf_putc(&request, '}');
    int rc = session_open(inv, LEDGER_READ, &s, err); /* what rests only the daemon knows */
    if (rc == 0)
        rc = client_ask(s.client, request.data, &rows, &end, err);
    if (rc == ERR_NOT_FOUND)
        rc = refused_explain(&s, argument_at(inv, 0), rc, err);
    if (rc == 0) {
        output_each_line(&rows, take_line, &why);
        end_delivery(&why);
    }
    session_close(&s);
    json_free(why.notice);
    buf_free(&why.last);
    buf_free(&request);
    buf_free(&rows);
    buf_free(&end);
    return rc;
}

const struct command command_why = {
    .name = "why",
    .arguments = "ID",
    .summary = "why a notice is where it is, what happens next, and what to do now",
    .details =
        "  dispatcher why recall-2026_c17\n\n"
        "One paragraph for each channel it goes over. All attempts and replies: dispatcher show "
        "ID.\n\n"
        "JSON, one object for each channel: v, id, channel, state, cause, waits_for, "
        "rests_because, next_attempt_at,\n"
        "next_channel, next_channel_at, attempts, meaning, reply, cure (what has to be done first, "
        "or an empty text),\n"
        "command (null: there is nothing to do).",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
