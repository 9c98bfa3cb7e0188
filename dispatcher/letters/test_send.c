#include "cli/cure.h"
#include "letters/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "engine/category.h"
#include "letters/test_send_letter.h"
#include "letters/test_send_people.h"
#include "letters/trial.h"
#include "model/cause.h"
#include "render/renderer.h"

struct test_send {
    const struct invocation *inv;
    struct setup *setup;
    struct renderer *renderer;
    struct test_letter letter;
    struct test_people people;
    struct trial trial;
    int status; /* the worst so far */
};

/* ---- can all of it be sent? ---- */

static bool has_channel(const struct test_send *t, enum channel_kind kind, const char *tag)
{
    const struct campaign *c = t->letter.campaign;
    return (c == NULL || c->channels[kind]) &&
           library_has_part(t->setup->library, t->letter.template_index, tag, kind);
}

/* Whom a name stands for may have more addresses than the letter has channels. */
static bool is_meant(const struct test_send *t, const struct test_person *to, const char *tag)
{
    return to->named || has_channel(t, to->kind, tag);
}

static int check_one(const struct test_send *t, const struct test_person *to, const char *tag,
                     struct error *err)
{
    const char *channel = channel_kind_name(to->kind);
    if (!is_meant(t, to, tag))
        return 0;
    if (!has_channel(t, to->kind, tag))
        return error_set(
            err, ERR_INPUT,
            "%s says nothing by %s in %s, so %s cannot get it; nothing was sent. Write "
            "that part of the letter (and `channels` of a campaign), or leave the "
            "address out",
            t->letter.name, channel, tag, to->address);
    if (settings_transport_for(t->setup->settings, to->kind) == NULL)
        return error_set(err, ERR_CONFIG,
                         "there is no transport with `channel: %s` in %s, so %s cannot be reached; "
                         "nothing was sent",
                         channel, t->setup->settings->file, to->address);
    return 0;
}

static int check_all(const struct test_send *t, struct error *err)
{
    int rc = 0;
    for (size_t p = 0; rc == 0 && p < t->people.count; p++)
        for (size_t i = 0; rc == 0 && i < t->letter.tag_count; i++)
            rc = check_one(t, &t->people.items[p], t->letter.tags[i], err);
    return rc;
}

/* ---- the mark ---- */

static void put_before(struct buf *text, const char *mark)
{
    char *rest = buf_steal(text);
    buf_puts(text, mark);
    buf_puts(text, rest);
    free(rest);
}

/* Letters that every SMS alphabet has: a dot in the middle would double what it takes. */
static void mark(struct message *m, const char *tag)
{
    char subject[64], sms[64];
    snprintf(subject, sizeof(subject), "[Test \u00b7 %s] ", tag);
    snprintf(sms, sizeof(sms), "(Test %s) ", tag);
    if (m->subject.len > 0)
        put_before(&m->subject, subject);
    if (m->sms.len > 0)
        put_before(&m->sms, sms);
    if (m->webhook.len > 1 && m->webhook.data[0] == '{') {
        char *rest = buf_steal(&m->webhook);
        buf_printf(&m->webhook, "{\"test\":true%s%s",
                   rest[1 + strspn(rest + 1, " \n\t")] == '}' ? "" : ",", rest + 1);
        free(rest);
    }
}

/* ---- what came of it ---- */

static bool is_one_of(const char *cause, const char *const *causes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cause, causes[i]) == 0)
            return true;
    }
    return false;
}

static int status_of(const struct disposition *d)
{
    static const char *const odd[] = {"protocol", "odd_answer", "unexpected_answer",
                                      "unreadable_answer", "malformed"};
    static const char *const down[] = {"connect", "connection_lost", "dns", "timeout",
                                       "tls",     "greeting",        "auth"};
    if (d->outcome == OUTCOME_DELIVERED)
        return 0;
    if (is_one_of(d->cause, odd, COUNT_OF(odd)))
        return EX_PROTOCOL;
    if (d->outcome == OUTCOME_NOT_TRIED || d->outcome == OUTCOME_CONFIG ||
        is_one_of(d->cause, down, COUNT_OF(down)))
        return EX_UNAVAILABLE;
    return d->outcome == OUTCOME_TRANSIENT || d->outcome == OUTCOME_THROTTLE ? EX_TEMPFAIL : 1;
}

static int worse(int a, int b)
{
    static const int order[] = {0, EX_TEMPFAIL, 1, EX_PROTOCOL, EX_UNAVAILABLE};
    size_t at_a = 0, at_b = 0;
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        at_a = order[i] == a ? i : at_a;
        at_b = order[i] == b ? i : at_b;
    }
    return at_a > at_b ? a : b;
}

static const char *advice(const struct trial *t)
{
    const struct disposition *d = &t->disposition;
    const char *sentence = cause_sentence(d->cause);
    if (d->outcome == OUTCOME_DELIVERED)
        return "";
    return sentence != NULL ? sentence : "";
}

static void print_json(const struct test_send *s, const struct test_person *to, const char *tag)
{
    const struct trial *t = &s->trial;
    const struct disposition *d = &t->disposition;
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"letter\":");
    buf_put_json(&out, s->letter.name);
    trial_put_member(&out, "locale", tag);
    trial_put_member(&out, "channel", channel_kind_name(to->kind));
    trial_put_member(&out, "to", to->address);
    trial_put_member(&out, "transport", t->transport->name);
    trial_put_member(&out, "id", t->identity);
    trial_put_member(&out, "outcome", outcome_name(d->outcome));
    trial_put_member(&out, "cause", d->cause);
    buf_printf(&out, ",\"code\":%d", d->code);
    trial_put_member(&out, "reply", d->reply);
    buf_printf(&out, ",\"took_ms\":%lld", (long long)t->took_ms);
    trial_put_member(&out, "advice", advice(t));
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static void put_reply(const struct disposition *d, struct buf *out)
{
    if (d->code != 0)
        buf_printf(out, "%d ", d->code);
    text_put_visible(out, d->reply, strlen(d->reply));
}

static void print_text(const struct test_send *s, const struct test_person *to, const char *tag)
{
    const struct trial *t = &s->trial;
    struct buf reply = {0}, means = {0};
    put_reply(&t->disposition, &reply);
    if (t->transport->type == TRANSPORT_OUTBOX)
        say(s->inv, stdout, "%s %s to %s: in the outbox %s; nothing really left\n", tag,
            channel_kind_name(to->kind), to->address, t->transport->directory);
    else
        say(s->inv, stdout, "%s %s to %s: %s (%s)\n", tag, channel_kind_name(to->kind), to->address,
            say_word(s->inv, outcome_name(t->disposition.outcome)), buf_text(&reply));
    if (t->disposition.outcome != OUTCOME_DELIVERED)
        cure_put_meaning(s->inv, t->disposition.cause, &means);
    if (means.len > 0)
        say(s->inv, stdout, "   %s\n", buf_text(&means));
    buf_free(&means);
    buf_free(&reply);
}

/* ---- sending ---- */

static void address(struct test_send *s, const struct test_person *to, const struct job *job)
{
    struct trial *t = &s->trial;
    trial_address(t, to->address);
    t->item.name = job->to.name != NULL ? job->to.name : "";
    t->item.category = category_of(s->setup->library, job, s->letter.name);
    t->item.campaign = job->campaign;
    t->item.reference = job->reference;
    t->item.reply_to = job->reply_to;
    t->item.attachments = &job->attachments;
}

static int send_one(struct test_send *s, const struct test_person *to, size_t index,
                    struct error *err)
{
    struct trial *t = &s->trial;
    const char *tag = s->letter.tags[index];
    const struct job *job = s->letter.jobs[index];
    t->transport = settings_transport_for(t->settings, to->kind);
    t->endpoint = settings_find_endpoint(t->settings, to->address);
    int rc = renderer_render(s->renderer, s->letter.template_index, tag, job, clock_wall_ms(),
                             to->kind, &t->message, err);
    if (rc != 0)
        return rc;
    mark(&t->message, tag);
    address(s, to, job);
    rc = trial_send(t, err);
    if (rc != 0)
        return rc;
    if (invocation_json(s->inv))
        print_json(s, to, tag);
    else
        print_text(s, to, tag);
    fflush(stdout); /* the next server may take its time */
    s->status = worse(s->status, status_of(&t->disposition));
    return 0;
}

static int send_all(struct test_send *s, struct error *err)
{
    int rc = 0;
    for (size_t p = 0; rc == 0 && p < s->people.count; p++)
        for (size_t i = 0; rc == 0 && i < s->letter.tag_count; i++)
            if (is_meant(s, &s->people.items[p], s->letter.tags[i]))
                rc = send_one(s, &s->people.items[p], i, err);
    return rc;
}

/* ---- the command ---- */

static int open_all(struct test_send *s, struct error *err)
{
    const char *to = option_value(s->inv, "to");
    if (to == NULL)
        return error_set(err, ERR_USAGE,
                         "who gets it? --to me, or an address of the allow list: --to "
                         "jana@example.org");
    int rc = setup_load_drafts(invocation_config(s->inv), &s->setup, err);
    if (rc == 0)
        rc = test_people_read(s->setup->settings, to, &s->people, err);
    if (rc == 0)
        rc = test_letter_open(s->inv, s->setup, argument_at(s->inv, 0), &s->letter, err);
    if (rc == 0)
        rc = renderer_open(s->setup->library, &s->renderer, err);
    if (rc == 0)
        rc = check_all(s, err);
    return rc == 0 ? channel_global_init(err) : rc;
}

static void tell_end(const struct test_send *s)
{
    const char *what = argument_at(s->inv, 0);
    if (invocation_json(s->inv))
        return;
    if (s->letter.campaign != NULL && s->letter.row == NULL && s->letter.audience != NULL)
        say(s->inv, stderr,
            "It greets a sample reader; to read it as somebody of the table does: --row N\n");
    if (s->status != 0)
        say(s->inv, stderr,
            "Not everything was taken. Look at the transports: dispatcher transport "
            "test NAME --to ADDRESS\n");
    else if (s->letter.campaign != NULL)
        say(s->inv, stderr,
            "A test counts nowhere: nobody of the campaign was told. Next: dispatcher send %s "
            "--dry-run\n",
            what);
    else
        say(s->inv, stderr,
            "A test counts nowhere. Next: dispatcher campaign new NAME --template "
            "%s\n",
            what);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct test_send s = {.inv = inv};
    int rc = open_all(&s, err);
    s.trial = (struct trial){.inv = inv, .settings = s.setup != NULL ? s.setup->settings : NULL};
    if (rc == 0)
        rc = send_all(&s, err);
    if (rc == 0)
        tell_end(&s);
    message_free(&s.trial.message);
    buf_free(&s.trial.item.wire);
    renderer_close(s.renderer);
    test_letter_close(&s.letter);
    test_people_free(&s.people);
    setup_release(s.setup);
    return rc != 0 ? rc : s.status;
}

static const struct option_row options[] = {
    {"to", 0, "ADDRESS,...", "who gets it: me, a name of `testers`, addresses, endpoints"},
    {"locale", 0, "de,ko,en", "which languages (default: all; of a person of --row their own)"},
    {"fixture", 0, "F", "a sample notice: a file, or the name of one of the letter's fixtures"},
    {"facts", 0, "FILE", "the facts of this fact sheet instead of the sample's"},
    {"cohort", 0, "NAME", "as this group of people is told (default: the campaign's first)"},
    {"audience", 0, "CSV", "a person of this table reads; of a campaign its own table is taken"},
    {"row", 0, "N", "as the person in this row of the table, as the spreadsheet counts"},
};

const struct command command_test_send = {
    .name = "test-send",
    .arguments = "TEMPLATE|CAMPAIGN.yaml --to me|ADDRESS[,...]",
    .summary = "send a letter to yourself, really, before anybody else gets it",
    .details =
        "  dispatcher test-send outage-apology --to me\n"
        "  dispatcher test-send campaign.yaml --to me,+4915100000001 --locale de,ko\n"
        "  dispatcher test-send campaign.yaml --to me --row 3\n\n"
        "It leaves over the transports of the configuration, one message in each language, "
        "marked:\n"
        "[Test \u00b7 de] before the subject of a mail, (Test de) before an SMS, \"test\":true in "
        "a\n"
        "webhook. It goes to people on the allow list alone, in trial mode and later, passes\n"
        "neither queue nor ledger, and counts in no campaign. --to me is what `testers` in the\n"
        "configuration says for your login; without it, the one mailbox of the allow list.\n"
        "A draft without mistakes can be tested, too.\n\n"
        "Exit status: 0 all taken; 1 refused; 69 a mail server or gateway cannot be reached or "
        "used;\n"
        "75 not now, try again; 76 an answer nobody understands; 77 not on the allow list.\n\n"
        "JSON, one object per message: v, letter, locale, channel, to, transport, id, outcome,\n"
        "cause, code, reply, took_ms, advice.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
