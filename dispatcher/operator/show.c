#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/cause.h"
#include "model/json.h"
#include "operator/output.h"
#include "operator/session.h"
#include "operator/show_body.h"
#include "operator/show_reference.h"

static void print_value(const char *label, const char *value)
{
    struct buf visible = {0};
    size_t len = value != NULL ? strlen(value) : 0;
    while (len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
        len--;
    if (len == 0)
        return;
    text_put_visible(&visible, value, len);
    printf("  %-12s %s\n", label, visible.data);
    buf_free(&visible);
}

/* Why nothing of its batch is sent. */
static void print_stop(const struct json_t *notice)
{
    struct buf why = {0};
    const char *stop = json_get_text(notice, "stop", "goes");
    const char *reason = json_get_text(notice, "stop_reason", "");
    if (strcmp(stop, "goes") == 0)
        return;
    buf_printf(&why, "%s%s%s; nothing of it is sent until `dispatcher resume %s`", stop,
               reason[0] != '\0' ? ": " : "", reason, json_get_text(notice, "batch", ""));
    print_value("stopped", buf_text(&why));
    buf_free(&why);
}

/* Where the text of a batch's line stands, or that it is gone. */
static void print_origin(const struct json_t *notice)
{
    char line[40];
    const char *text = json_get_text(notice, "text", "there");
    print_value("batch", json_get_text(notice, "batch", NULL));
    print_stop(notice);
    snprintf(line, sizeof(line), "%lld of notices.jsonl",
             (long long)json_get_int(notice, "line", 0));
    if (json_get_text(notice, "batch", NULL) != NULL)
        print_value("line", line);
    if (strcmp(text, "purged") == 0)
        print_value("text", "purged after retention; what follows is kept");
    else if (strcmp(text, "there") != 0)
        print_value("text", json_get_text(notice, "why", "cannot be read"));
}

static void print_notice(const struct json_t *notice)
{
    const struct json_t *job = json_get(notice, "job");
    printf("%s\n", json_get_text(job, "id", json_get_text(notice, "id", "")));
    print_origin(notice);
    print_value("template", json_get_text(job, "template", NULL));
    print_value("locale", json_get_text(job, "locale", NULL));
    print_value("campaign", json_get_text(job, "campaign", NULL));
    print_value("reference", json_get_text(job, "reference", NULL));
    print_value("name", json_get_text(json_get(job, "to"), "name", NULL));
}

/* A notice that took workers with it: the remark says with which signal, and at which stage. */
static void print_crashes(const struct json_t *row)
{
    char crashes[60];
    int64_t count = json_get_int(row, "crashes", 0);
    snprintf(crashes, sizeof(crashes), "%lld of a worker while on this notice", (long long)count);
    if (count > 0)
        print_value("crashes", crashes);
    if (json_get_bool(row, "suspect", false))
        print_value("suspect", "it was on its way when a worker or the daemon died: it goes alone");
}

static void print_way_to_endpoint(const char *name)
{
    struct buf say = {0};
    buf_printf(&say,
               "its endpoint is disabled: look with `dispatcher endpoint test %s`; `dispatcher "
               "endpoint enable %s` lets it go on",
               name, name);
    print_value("next", buf_text(&say));
    buf_free(&say);
}

/* What a person can do where nothing moves by itself. */
static void print_way_out(const struct json_t *row)
{
    static const struct {
        const char *state, *cause, *say;
    } ways[] = {
        {"uncertain", NULL,
         "it may have arrived: look at the gateway or mail server, then `dispatcher retry ID` if "
         "it "
         "did not"},
        {"held", "poison",
         "set aside after crashes of workers: `dispatcher retry ID` once the cause is mended"},
        {"held", NULL, "waits for a person: `dispatcher retry ID` sends it"},
        {"waiting", "window", "outside the hours of the recipient: goes when they begin there"},
        {"waiting", "rate", "the rate of its mail domain is used up: goes when it is its turn"},
        {"waiting", "destination_rest", "its domain or endpoint rests after faults: goes later"},
        {"deferred", "window", "outside the hours of the recipient: goes when they begin there"},
        {"deferred", "rate", "the rate of its mail domain is used up: goes when it is its turn"},
        {"deferred", "destination_rest", "its domain or endpoint rests after faults: goes later"},
        {"suppressed", "trial_mode",
         "not on the allow list in trial mode: `dispatcher retry ID` after `dispatcher live on`"},
        {"cancelled", "escalated", "its time was over: the next channel has the turn"},
        {"suppressed", NULL,
         "its address is on the suppression list: `dispatcher suppress remove`, then `dispatcher "
         "retry ID`"},
        {"failed", "invalid", "never to be sent: hand over a corrected line as a new batch"},
    };
    const char *state = json_get_text(row, "state", ""), *cause = json_get_text(row, "cause", "");
    if (strcmp(cause, "endpoint_disabled") == 0 && strcmp(state, "held") == 0) {
        print_way_to_endpoint(json_get_text(row, "address", ""));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        if (strcmp(ways[i].state, state) == 0 &&
            (ways[i].cause == NULL || strcmp(ways[i].cause, cause) == 0)) {
            print_value("next", ways[i].say);
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
static void print_follower(const struct json_t *row)
{
    char when[64];
    struct buf text = {0};
    const char *at = json_get_text(row, "next_channel_at", NULL);
    const char *channel = json_get_text(row, "next_channel", NULL);
    const char *state = json_get_text(row, "state", "");
    if (at == NULL)
        return;
    buf_printf(&text, "%s follows at %s if this %s", channel != NULL ? channel : "the next channel",
               output_time(at, when, sizeof(when)),
               strcmp(state, "delivered") == 0 ? "is not confirmed" : "has not told the person");
    print_value("then", text.data);
    buf_free(&text);
}

/* What keeps all of its transport: of that its own row knows nothing. */
static void print_rest(const struct json_t *row)
{
    static const struct {
        const char *word, *sentence;
    } brakes[] = {{"transport_rest", "rests: "},
                  {"transport_paused", "is "},
                  {"transport_rate", "is at the rate set for it"},
                  {"warmup", "is at today's limit of its warm-up"}};
    const char *word = json_get_text(row, "waits_for", "");
    struct buf text = {0};
    for (size_t i = 0; i < COUNT_OF(brakes); i++) {
        if (strcmp(brakes[i].word, word) == 0)
            buf_printf(&text, "%s %s%s", json_get_text(row, "transport", ""), brakes[i].sentence,
                       json_get_text(row, "rests_because", ""));
    }
    if (strcmp(word, "daemon") == 0)
        buf_puts(&text, "a daemon: none runs (`dispatcher run`)");
    print_value("waits for", buf_text(&text));
    buf_free(&text);
}

static void print_delivery(const struct json_t *row)
{
    char when[64];
    printf("\n%s by %s to %s", json_get_text(row, "state", ""), json_get_text(row, "channel", ""),
           json_get_text(row, "address", ""));
    printf(", letter %s (%s)\n", json_get_text(row, "template", ""),
           json_get_text(row, "locale", ""));
    print_value("cause", json_get_text(row, "cause", NULL));
    print_value("means", cause_sentence(json_get_text(row, "cause", "")));
    if (says_more(row))
        print_value("remark", json_get_text(row, "reply", NULL));
    print_value("reported", json_get_text(row, "reported", NULL));
    print_crashes(row);
    print_way_out(row);
    print_rest(row);
    print_follower(row);
    printf("  %-12s %s\n", "accepted",
           output_time(json_get_text(row, "accepted_at", NULL), when, sizeof(when)));
    if (strcmp(json_get_text(row, "cause", ""), "escalated") == 0)
        printf("  %-12s %s\n", "passed on",
               output_time(json_get_text(row, "changed_at", NULL), when, sizeof(when)));
    if (json_get_text(row, "next_attempt_at", NULL) != NULL)
        printf("  %-12s %s\n", "next try",
               output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)));
}

static void print_attempt(const struct json_t *row)
{
    char when[64];
    struct buf reply = {0};
    const char *text = json_get_text(row, "reply", "");
    text_put_visible(&reply, text, strlen(text));
    printf("  attempt %lld  %s  %s over %s in %lld ms: %s\n",
           (long long)json_get_int(row, "attempt", 0),
           output_time(json_get_text(row, "at", NULL), when, sizeof(when)),
           json_get_text(row, "outcome", ""), json_get_text(row, "transport", ""),
           (long long)json_get_int(row, "duration_ms", 0), buf_text(&reply));
    print_value("  sha256", json_get_text(row, "rendered_sha256", NULL));
    buf_free(&reply);
}

static const char *effect_of(const struct json_t *row)
{
    if (!json_get_bool(row, "believed", false))
        return " (not proven, changes nothing)";
    return json_get_bool(row, "late", false) ? " (after the end, changes nothing)" : "";
}

/* What somebody reported later, or what this program has to say about it. */
static void print_receipt(const struct json_t *row)
{
    char when[64];
    struct buf words = {0};
    const char *kind = json_get_text(row, "receipt", ""), *text = json_get_text(row, "text", "");
    const char *cause = json_get_text(row, "cause", "");
    bool note = strcmp(kind, "note") == 0;
    text_put_visible(&words, text, strlen(text));
    printf("  %-10s %s  ", note ? "note" : "report",
           output_time(json_get_text(row, "at", NULL), when, sizeof(when)));
    if (!note)
        printf("%s by %s%s%s%s", kind, json_get_text(row, "source", ""),
               json_get_text(row, "transport", NULL) != NULL ? " of " : "",
               json_get_text(row, "transport", ""), effect_of(row));
    if (!note && cause[0] != '\0')
        printf(", %s", cause);
    printf("%s%s\n", !note && words.len > 0 ? ": " : "", buf_text(&words));
    buf_free(&words);
}

static void print_call(const struct json_t *row)
{
    char when[64];
    struct buf note = {0};
    const char *text = json_get_text(row, "note", "");
    text_put_visible(&note, text, strlen(text));
    printf("  %-10s %s  %s%s%s\n", "phoned",
           output_time(json_get_text(row, "at", NULL), when, sizeof(when)),
           json_get_text(row, "call", ""), note.len > 0 ? ": " : "", buf_text(&note));
    buf_free(&note);
}

static void print_line(void *context UNUSED, const struct json_t *row)
{
    if (json_get(row, "job") != NULL)
        print_notice(row);
    else if (json_get(row, "attempt") != NULL)
        print_attempt(row);
    else if (json_get(row, "receipt") != NULL)
        print_receipt(row);
    else if (json_get(row, "call") != NULL)
        print_call(row);
    else
        print_delivery(row);
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
        output_each_line(&rows, print_line, NULL);
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
    int rc = show_body_check(inv, err);
    if (rc == 0 && (argument_count(inv) == 1) == (reference != NULL))
        rc = error_set(err, ERR_USAGE, "say which notice: by its id, or by --reference");
    if (rc == 0)
        rc = session_open(inv, mode, &s, err);
    if (rc != 0)
        return rc;
    rc = reference != NULL ? show_reference(inv, &s, reference, show_one, err)
                           : show_one(inv, &s, argument_at(inv, 0), err);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    SHOW_BODY_OPTIONS,
    {"reference", 0, "NUMBER", "whose letter has this number, instead of an id"},
    {"reason", 0, "TEXT", "why the words are opened, for the record"},
};

const struct command command_show = {
    .name = "show",
    .arguments = "ID | --reference NUMBER",
    .summary = "one notice as a story: every delivery, attempt and reply",
    .details =
        "  dispatcher show recall-2026_c17        recipient c17 of the batch recall-2026\n"
        "  dispatcher show --reference 7K2M9-QX4TD --body\n\n"
        "--body makes the words this person received again, from the notice as it was accepted and "
        "the letter, and says\n"
        "whether they are, byte by byte, what was sent; where the files have changed since, from "
        "the letters kept with\n"
        "the campaign. That somebody opened them is recorded (`dispatcher actions`). Exit status "
        "1: they are not what was\n"
        "sent. With --reference a person who calls is found by the number in the letter.\n\n"
        "A batch's notice is shown complete: what all share with its own line laid over it; or "
        "that "
        "it was purged.\n\n"
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
