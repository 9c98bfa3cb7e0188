#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cure.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"
#include "operator/show_address.h"
#include "operator/show_body.h"
#include "operator/show_reference.h"

static void print_value(const struct invocation *inv, const char *label, const char *value)
{
    struct buf visible = {0};
    size_t len = value != NULL ? strlen(value) : 0;
    while (len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
        len--;
    if (len == 0)
        return;
    text_put_visible(&visible, value, len);
    say(inv, stdout, "  %-12s %s\n", say_word(inv, label), visible.data);
    buf_free(&visible);
}

/* The way out of a stop is that of what stops. */
static void put_stop(const struct invocation *inv, const struct json_t *notice, const char *reason,
                     struct buf *out)
{
    const char *stop = say_word(inv, json_get_text(notice, "stop", "goes"));
    const char *by = json_get_text(notice, "stopped_by", "batch");
    bool campaign = strcmp(by, "campaign") == 0;
    const char *name = json_get_text(notice, campaign ? "campaign" : "batch", "");
    if (strcmp(by, "letter") == 0)
        say_put(inv, out,
                "%s, its letter is not the one that was approved: put it back and `dispatcher "
                "reload`",
                stop);
    else if (reason[0] != '\0')
        say_put(inv, out,
                campaign ? "%s: %s; nothing of it is sent until `dispatcher campaign resume %s`"
                         : "%s: %s; nothing of it is sent until `dispatcher resume %s`",
                stop, reason, name);
    else
        say_put(inv, out,
                campaign ? "%s, nothing of it is sent until `dispatcher campaign resume %s`"
                         : "%s; nothing of it is sent until `dispatcher resume %s`",
                stop, name);
}

/* Why nothing of its batch is sent. */
static void print_stop(const struct invocation *inv, const struct json_t *notice)
{
    struct buf why = {0}, kept = {0};
    if (strcmp(json_get_text(notice, "stop", "goes"), "goes") == 0)
        return;
    kept_put(inv, json_get_text(notice, "stop_reason", ""), &kept);
    put_stop(inv, notice, buf_text(&kept), &why);
    print_value(inv, "stopped", buf_text(&why));
    buf_free(&why);
    buf_free(&kept);
}

/* Where the text of a batch's line stands, or that it is gone. */
static void print_origin(const struct invocation *inv, const struct json_t *notice)
{
    struct buf line = {0};
    const char *text = json_get_text(notice, "text", "there");
    print_value(inv, "batch", json_get_text(notice, "batch", NULL));
    print_stop(inv, notice);
    say_put(inv, &line, "%lld of notices.jsonl", (long long)json_get_int(notice, "line", 0));
    if (json_get_text(notice, "batch", NULL) != NULL)
        print_value(inv, "line", buf_text(&line));
    if (strcmp(text, "purged") == 0)
        print_value(inv, "text", say_word(inv, "purged after retention; what follows is kept"));
    else if (strcmp(text, "there") != 0)
        print_value(inv, "text", json_get_text(notice, "why", say_word(inv, "cannot be read")));
    buf_free(&line);
}

static void print_notice(const struct invocation *inv, const struct json_t *notice)
{
    const struct json_t *job = json_get(notice, "job");
    printf("%s\n", json_get_text(job, "id", json_get_text(notice, "id", "")));
    print_origin(inv, notice);
    print_value(inv, "template", json_get_text(job, "template", NULL));
    print_value(inv, "locale", json_get_text(job, "locale", NULL));
    print_value(inv, "campaign", json_get_text(job, "campaign", NULL));
    print_value(inv, "reference", json_get_text(job, "reference", NULL));
    print_value(inv, "name", json_get_text(json_get(job, "to"), "name", NULL));
}

/* A notice that took workers with it: the remark says with which signal, and at which stage. */
static void print_crashes(const struct invocation *inv, const struct json_t *row)
{
    struct buf crashes = {0};
    int64_t count = json_get_int(row, "crashes", 0);
    say_put(inv, &crashes, "%lld of a worker while on this notice", (long long)count);
    if (count > 0)
        print_value(inv, "crashes", buf_text(&crashes));
    if (json_get_bool(row, "suspect", false))
        print_value(
            inv, "suspect",
            say_word(inv, "it was on its way when a worker or the daemon died: it goes alone"));
    buf_free(&crashes);
}

static void print_way_to_endpoint(const struct invocation *inv, const char *name)
{
    struct buf text = {0};
    say_put(inv, &text,
            "its endpoint is disabled: look with `dispatcher endpoint test %s`; `dispatcher "
            "endpoint enable %s` lets it go on",
            name, name);
    print_value(inv, "next", buf_text(&text));
    buf_free(&text);
}

/* What a person can do where nothing moves by itself: the first row that fits. */
static const struct {
    const char *state, *cause, *say;
} ways_out[] = {
    {"uncertain", NULL,
     SAID("it may have arrived: look at the gateway or mail server, then `dispatcher retry ID` "
          "if it did not")},
    {"held", "poison",
     SAID("set aside after crashes of workers: `dispatcher retry ID` once the cause is mended")},
    {"held", NULL, SAID("waits for a person: `dispatcher release ID` lets it go")},
    {"waiting", "window", SAID("outside the hours of the recipient: goes when they begin there")},
    {"waiting", "rate", SAID("the rate of its mail domain is used up: goes when it is its turn")},
    {"waiting", "destination_rest", SAID("its domain or endpoint rests after faults: goes later")},
    {"waiting", "letter",
     SAID("its letter has a mistake or is a draft: goes by itself when that is mended, and "
          "`dispatcher reload`")},
    {"deferred", "letter",
     SAID("its letter has a mistake or is a draft: goes by itself when that is mended, and "
          "`dispatcher reload`")},
    {"deferred", "window", SAID("outside the hours of the recipient: goes when they begin there")},
    {"deferred", "rate", SAID("the rate of its mail domain is used up: goes when it is its turn")},
    {"deferred", "destination_rest", SAID("its domain or endpoint rests after faults: goes later")},
    {"suppressed", "trial_mode",
     SAID("not on the allow list in trial mode: `dispatcher retry ID` after `dispatcher live "
          "on`")},
    {"cancelled", "escalated", SAID("its time was over: the next channel has the turn")},
    {"suppressed", NULL,
     SAID("its address is on the suppression list: `dispatcher suppress remove`, then "
          "`dispatcher retry ID`")},
    {"failed", "invalid", SAID("never to be sent: hand over a corrected line as a new batch")},
};

static void print_way_out(const struct invocation *inv, const struct json_t *row)
{
    const char *state = json_get_text(row, "state", ""), *cause = json_get_text(row, "cause", "");
    if (strcmp(cause, "endpoint_disabled") == 0 && strcmp(state, "held") == 0) {
        print_way_to_endpoint(inv, json_get_text(row, "address", ""));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(ways_out); i++) {
        if (strcmp(ways_out[i].state, state) == 0 &&
            (ways_out[i].cause == NULL || strcmp(ways_out[i].cause, cause) == 0)) {
            print_value(inv, "next", say_word(inv, ways_out[i].say));
            return;
        }
    }
}

/* Without an attempt nothing else tells why it stands where it stands; why it was set aside, or
 * what a worker died of, is more than what its last attempt met. */
static bool says_more(const struct json_t *row)
{
    const char *state = json_get_text(row, "state", "");
    return json_get_int(row, "attempts", 0) == 0 || json_get_int(row, "crashes", 0) > 0 ||
           strcmp(state, "held") == 0 || strcmp(state, "suppressed") == 0 ||
           strcmp(state, "cancelled") == 0;
}

/* "sms follows at 12:00:04 if this has not told the person" */
static void print_follower(const struct invocation *inv, const struct json_t *row)
{
    char when[64];
    struct buf text = {0};
    const char *at = json_get_text(row, "next_channel_at", NULL);
    const char *channel = json_get_text(row, "next_channel", NULL);
    const char *state = json_get_text(row, "state", "");
    if (at == NULL)
        return;
    if (channel == NULL)
        channel = say_word(inv, "the next channel");
    output_time(at, when, sizeof(when));
    if (strcmp(state, "delivered") == 0)
        say_put(inv, &text, "%s follows at %s if this is not confirmed", channel, when);
    else
        say_put(inv, &text, "%s follows at %s if this has not told the person", channel, when);
    print_value(inv, "then", text.data);
    buf_free(&text);
}

/* What keeps all of its transport: of that its own row knows nothing. */
static void put_rest(const struct invocation *inv, const struct json_t *row, struct buf *out)
{
    const char *word = json_get_text(row, "waits_for", "");
    const char *name = json_get_text(row, "transport", "");
    struct buf because = {0};
    kept_put(inv, json_get_text(row, "rests_because", ""), &because);
    if (strcmp(word, "transport_rest") == 0)
        say_put(inv, out, "%s rests: %s", name, buf_text(&because));
    else if (strcmp(word, "transport_paused") == 0)
        say_put(inv, out, "%s is %s", name, buf_text(&because));
    else if (strcmp(word, "transport_rate") == 0)
        say_put(inv, out, "%s is at the rate set for it", name);
    else if (strcmp(word, "warmup") == 0)
        say_put(inv, out, "%s is at today's limit of its warm-up", name);
    else if (strcmp(word, "canary") == 0)
        say_put(inv, out, "a look at the first ones of its campaign");
    else if (strcmp(word, "wave") == 0)
        say_put(inv, out, "the next wave of its campaign");
    else if (strcmp(word, "daemon") == 0)
        say_put(inv, out, "a daemon: none runs (`dispatcher run`)");
    buf_free(&because);
}

static void print_rest(const struct invocation *inv, const struct json_t *row)
{
    struct buf text = {0};
    put_rest(inv, row, &text);
    print_value(inv, "waits for", buf_text(&text));
    buf_free(&text);
}

static void print_meaning(const struct invocation *inv, const char *cause)
{
    struct buf text = {0};
    cure_put_meaning(inv, cause, &text);
    print_value(inv, "means", buf_text(&text));
    buf_free(&text);
}

static void print_time(const struct invocation *inv, const char *label, const char *time)
{
    char when[64];
    say(inv, stdout, "  %-12s %s\n", say_word(inv, label), output_time(time, when, sizeof(when)));
}

static void print_remark(const struct invocation *inv, const char *text)
{
    struct buf said = {0};
    kept_put(inv, text, &said);
    print_value(inv, "remark", buf_text(&said));
    buf_free(&said);
}

static void print_delivery(const struct invocation *inv, const struct json_t *row)
{
    say(inv, stdout, "\n%s by %s to %s, letter %s (%s)\n",
        say_word(inv, json_get_text(row, "state", "")), json_get_text(row, "channel", ""),
        json_get_text(row, "address", ""), json_get_text(row, "template", ""),
        json_get_text(row, "locale", ""));
    print_value(inv, "cause", json_get_text(row, "cause", NULL));
    print_meaning(inv, json_get_text(row, "cause", ""));
    if (says_more(row))
        print_remark(inv, json_get_text(row, "reply", ""));
    print_value(inv, "reported", json_get_text(row, "reported", NULL));
    print_crashes(inv, row);
    print_way_out(inv, row);
    print_rest(inv, row);
    print_follower(inv, row);
    print_time(inv, SAID("accepted"), json_get_text(row, "accepted_at", NULL));
    if (strcmp(json_get_text(row, "cause", ""), "escalated") == 0)
        print_time(inv, SAID("passed on"), json_get_text(row, "changed_at", NULL));
    if (json_get_text(row, "next_attempt_at", NULL) != NULL)
        print_time(inv, SAID("next try"), json_get_text(row, "next_attempt_at", NULL));
}

static void print_attempt(const struct invocation *inv, const struct json_t *row)
{
    char when[64];
    struct buf reply = {0};
    kept_put(inv, json_get_text(row, "reply", ""), &reply);
    say(inv, stdout, "  attempt %lld  %s  %s over %s in %lld ms: %s\n",
        (long long)json_get_int(row, "attempt", 0),
        output_time(json_get_text(row, "at", NULL), when, sizeof(when)),
        say_word(inv, json_get_text(row, "outcome", "")), json_get_text(row, "transport", ""),
        (long long)json_get_int(row, "duration_ms", 0), buf_text(&reply));
    print_value(inv, "  sha256", json_get_text(row, "rendered_sha256", NULL));
    buf_free(&reply);
}

static const char *effect_of(const struct invocation *inv, const struct json_t *row)
{
    if (!json_get_bool(row, "believed", false))
        return say_word(inv, " (not proven, changes nothing)");
    return json_get_bool(row, "late", false) ? say_word(inv, " (after the end, changes nothing)")
                                             : "";
}

/* What this program has to say about it. */
static void print_note(const struct invocation *inv, const char *when, const char *words)
{
    say(inv, stdout, "  %-10s %s  %s\n", say_word(inv, "note"), when, words);
}

static void put_report(const struct invocation *inv, const struct json_t *row, struct buf *out)
{
    const char *kind = json_get_text(row, "receipt", ""),
               *source = json_get_text(row, "source", "");
    const char *over = json_get_text(row, "transport", NULL);
    if (over != NULL)
        say_put(inv, out, "%s by %s of %s%s", kind, source, over, effect_of(inv, row));
    else
        say_put(inv, out, "%s by %s%s", kind, source, effect_of(inv, row));
}

/* What somebody reported later. */
static void print_receipt(const struct invocation *inv, const struct json_t *row)
{
    char when[64];
    struct buf words = {0}, report = {0};
    const char *text = json_get_text(row, "text", ""), *cause = json_get_text(row, "cause", "");
    output_time(json_get_text(row, "at", NULL), when, sizeof(when));
    text_put_visible(&words, text, strlen(text));
    put_report(inv, row, &report);
    if (strcmp(json_get_text(row, "receipt", ""), "note") == 0)
        print_note(inv, when, buf_text(&words));
    else
        say(inv, stdout, "  %-10s %s  %s%s%s%s%s\n", say_word(inv, "report"), when,
            buf_text(&report), cause[0] != '\0' ? ", " : "", cause, words.len > 0 ? ": " : "",
            buf_text(&words));
    buf_free(&words);
    buf_free(&report);
}

static void print_call(const struct invocation *inv, const struct json_t *row)
{
    char when[64];
    struct buf note = {0};
    const char *text = json_get_text(row, "note", "");
    text_put_visible(&note, text, strlen(text));
    say(inv, stdout, "  %-10s %s  %s%s%s\n", say_word(inv, "phoned"),
        output_time(json_get_text(row, "at", NULL), when, sizeof(when)),
        json_get_text(row, "call", ""), note.len > 0 ? ": " : "", buf_text(&note));
    buf_free(&note);
}

struct story {
    const struct invocation *inv;
};

static void print_line(void *context, const struct json_t *row)
{
    const struct invocation *inv = ((const struct story *)context)->inv;
    if (json_get(row, "job") != NULL)
        print_notice(inv, row);
    else if (json_get(row, "attempt") != NULL)
        print_attempt(inv, row);
    else if (json_get(row, "receipt") != NULL)
        print_receipt(inv, row);
    else if (json_get(row, "call") != NULL)
        print_call(inv, row);
    else
        print_delivery(inv, row);
}

static int ask(struct session *s, const char *id, struct buf *rows, struct error *err)
{
    struct buf request = {0}, end = {0};
    request_begin(&request, "show");
    request_put_text(&request, "id", id);
    buf_putc(&request, '}');
    int rc = client_ask(s->client, request.data, rows, &end, err);
    buf_free(&request);
    buf_free(&end);
    return rc;
}

/* The bytes alone, or the story with the words behind it. */
static int show_one(const struct invocation *inv, struct session *s, const char *id,
                    struct error *err)
{
    struct buf rows = {0};
    int rc = ask(s, id, &rows, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0 && !option_given(inv, "raw"))
        output_each_line(&rows, print_line, &(struct story){inv});
    if (rc == 0 && show_body_is_asked(inv))
        rc = show_body_print(inv, s, id, &rows, err);
    buf_free(&rows);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    /* Looking needs no lock; that words were opened is written down. What rests only the daemon
     * knows. */
    enum ledger_mode mode = show_body_is_asked(inv) ? LEDGER_WRITE : LEDGER_READ;
    const char *reference = option_value(inv, "reference");
    const char *email = option_value(inv, "email"), *phone = option_value(inv, "phone");
    int ways = (reference != NULL) + (email != NULL) + (phone != NULL);
    int rc = show_body_check(inv, err);
    if (rc == 0 && ways + (int)argument_count(inv) != 1)
        rc = error_set(err, ERR_USAGE,
                       "say which notice: by its id, or by --reference, --email or --phone");
    if (rc == 0)
        rc = session_open(inv, mode, &s, err);
    if (rc != 0)
        return rc;
    if (reference != NULL)
        rc = show_reference(inv, &s, reference, show_one, err);
    else if (ways > 0)
        rc = show_address(inv, &s, email != NULL ? email : phone, show_one, err);
    else
        rc = show_one(inv, &s, argument_at(inv, 0), err);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    SHOW_BODY_OPTIONS,
    {"reference", 0, "NUMBER", "whose letter has this number, instead of an id"},
    {"email", 0, "ADDRESS", "all that went to this address"},
    {"phone", 0, "NUMBER", "all that went to this number, like +4915112345678"},
    {"reason", 0, "TEXT", "why the words are opened, for the record"},
};

const struct command command_show = {
    .name = "show",
    .arguments = "ID | --reference NUMBER | --email ADDRESS | --phone NUMBER",
    .summary = "one notice as a story: every delivery, attempt and reply",
    .details =
        "  dispatcher show recall-2026_c17        recipient c17 of the batch recall-2026\n"
        "  dispatcher show --reference 7K2M9-QX4TD --body\n"
        "  dispatcher show --email kim@example.org        somebody who calls and has no number\n\n"
        "--body makes the words this person received again, from the notice as it was accepted and "
        "the letter, and says\n"
        "whether they are, byte by byte, what was sent; where the files have changed since, from "
        "the letters kept with\n"
        "the campaign. That somebody opened them is recorded (`dispatcher actions`). Exit status "
        "1: they are not what was\n"
        "sent. With --reference a person who calls is found by the number in the letter. --email "
        "and "
        "--phone look through\n"
        "every delivery, newest notices last: seconds where there are millions.\n\n"
        "A batch's notice is shown complete: what all share with its own line laid over it; or "
        "that it was purged.\n\n"
        "JSON: the first line is the notice (v, job: null if it cannot be shown, id, text: there, "
        "purged or\n"
        "unread with why; of a batch also batch, line and, if it is stopped, stop and "
        "stop_reason), then each delivery as in `queue` "
        "followed by its\n"
        "story in the order of time: attempts (attempt, with the SHA-256 of the message as it was "
        "rendered), and what\n"
        "was reported later (receipt, believed: whether it was proven, late: after another end, so "
        "that it changes\n"
        "nothing) or noted (receipt: note). Last, what came of calls (call: reached, no_answer, "
        "wrong_number,\n"
        "refused or call_back; id, at, who read it in, note).\n"
        "The transport of a delivery is its home, in whose queue it stands; that of an attempt "
        "carried it: another\n"
        "one if that stood in for the home, and then the reply says why.\n"
        "With --body at the end one per delivery: words (sent, differ, not_sent, gone or unmade "
        "with why), delivery, id,\n"
        "channel, locale, address (who may operate), sent_sha256, sha256 (of what is shown), "
        "sent_at, kept, subject, text,\n"
        "html, sms, webhook.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 0,
    .arguments_max = 1,
    .run = run,
};
