#include "desk/evidence_duties.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "model/json.h"
#include "desk/duties.h"
#include "cli/output.h"
#include "cli/say.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)

/* ---- members ---- */

static void put_time(struct buf *out, const char *key, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];
    request_put_text(out, key, ms != 0 ? clock_format_rfc3339(ms, text) : NULL);
}

static bool sum_file(const char *path, char hex[DIGEST_HEX_SIZE])
{
    struct buf bytes = {0};
    unsigned char digest[DIGEST_SIZE];
    struct error ignored;
    bool there = path != NULL && file_read_path(path, FILE_MAX, &bytes, &ignored) == 0;
    if (there) {
        digest_sha256(buf_text(&bytes), bytes.len, digest);
        digest_hex(digest, hex);
    }
    buf_free(&bytes);
    return there;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Whether it is what was approved or sent is known of the documents of this campaign alone. */
static void put_file(struct buf *out, const struct evidence_duties *d, const char *path, bool own)
{
    char hex[DIGEST_HEX_SIZE];
    bool there = sum_file(path, hex);
    request_put_text(out, "file", base_name(path));
    request_put_text(out, "sha256", there ? hex : NULL);
    if (own && there)
        buf_printf(out, ",\"as_sent\":%s",
                   evidence_documents_has(d->documents, hex) ? "true" : "false");
}

static void put_facts(struct buf *out, const struct evidence_duties *d, const struct law_case *c)
{
    if (c->sheet == NULL)
        return;
    buf_printf(out, ",\"facts\":{\"version\":%d", c->sheet->version);
    put_file(out, d, c->sheet->file, text_equal(c->campaign->id, d->campaign));
    buf_putc(out, '}');
}

static void put_rules(struct buf *out, const struct law_duty *duty)
{
    char hex[DIGEST_HEX_SIZE];
    buf_puts(out, ",\"rules\":{\"file\":");
    buf_put_json(out, base_name(duty->rules_file));
    request_put_text(out, "as_of", duty->rules_as_of);
    request_put_text(out, "sha256", sum_file(duty->rules_file, hex) ? hex : NULL);
    buf_putc(out, '}');
}

static void put_clock(struct buf *out, const struct law_duty *duty)
{
    if (duty->from == NULL)
        return;
    buf_puts(out, ",\"from\":{\"name\":");
    buf_put_json(out, duty->from);
    put_time(out, "at", duty->from_ms);
    request_put_text(out, "source", duty->from_source);
    buf_putc(out, '}');
}

static void put_people(struct buf *out, const struct exemption *e)
{
    buf_puts(out, ",\"by\":[");
    for (size_t i = 0; i < e->by_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, e->by[i]);
    }
    buf_putc(out, ']');
}

/* As the campaign's file says it today. */
static void put_exemption(struct buf *out, const struct evidence_duties *d,
                          const struct law_duty *duty)
{
    const struct exemption *e = duty->exemption;
    const struct campaign *c = duty->opened_by->campaign;
    if (e == NULL)
        return;
    buf_puts(out, ",\"exemption\":{\"reason\":");
    buf_put_json(out, e->reason);
    put_people(out, e);
    put_file(out, d, c->file, text_equal(c->id, d->campaign));
    buf_putc(out, '}');
}

/* ---- rows ---- */

static void put_row(struct evidence_duties *d, struct evidence_file *file, const struct buf *text)
{
    struct json_t *root = NULL;
    if (d->rc == 0)
        d->rc = json_parse(text->data, text->len, d->campaign, 1, 8, &root, d->err);
    if (d->rc == 0)
        evidence_file_put_row(file, root);
    json_free(root);
}

static void take_duty(void *context, const struct law_duty *duty)
{
    struct evidence_duties *d = context;
    enum law_duty_state state = law_duty_state(duty, d->now_ms);
    struct buf rule = {0}, out = {0};
    d->counts[state]++;
    buf_printf(&rule, "%s:%s", duty->ruleset, duty->rule);
    buf_puts(&out, "{\"rule\":");
    buf_put_json(&out, rule.data);
    request_put_text(&out, "about", duty->about);
    request_put_text(&out, "source", duty->source);
    request_put_text(&out, "kind", law_duty_kind_name(duty->kind));
    request_put_text(&out, "state", law_duty_state_name(state));
    request_put_text(&out, "to", duty->to);
    request_put_text(&out, "campaign", duty->opened_by->campaign->id);
    put_clock(&out, duty);
    if (duty->within_hours > 0)
        buf_printf(&out, ",\"within_hours\":%" PRId64, duty->within_hours);
    put_time(&out, "due_at", duty->due_ms);
    put_time(&out, "met_at", duty->met_ms);
    request_put_text(&out, "met_by", duty->met_by != NULL ? duty->met_by->campaign->id : NULL);
    request_put_text(&out, "delay_reason", duty->excuse);
    put_exemption(&out, d, duty);
    put_facts(&out, d, duty->opened_by);
    put_rules(&out, duty);
    put_time(&out, "as_of", d->now_ms);
    buf_putc(&out, '}');
    put_row(d, d->duties, &out);
    buf_free(&rule);
    buf_free(&out);
}

static void take_exemption(struct evidence_duties *d, const struct campaign *c,
                           const struct exemption *e)
{
    struct buf out = {0};
    buf_puts(&out, "{\"rule\":");
    buf_put_json(&out, e->rule);
    request_put_text(&out, "reason", e->reason);
    request_put_text(&out, "campaign", c->id);
    put_people(&out, e);
    put_file(&out, d, c->file, true);
    buf_printf(&out, ",\"line\":%d}", e->place.line);
    put_row(d, d->exemptions, &out);
    buf_free(&out);
}

/* ---- where they are read ---- */

/* As it was sent, if that was kept; what lies there today may say something else. */
static void take_exemptions(struct evidence_duties *d, const struct json_t *about, const char *file)
{
    struct campaign *c = NULL;
    struct problems silent = {0};
    char *kept = evidence_documents_campaign(d->documents, json_get(about, "manifest"));
    int rc = kept != NULL || file != NULL ? campaign_read(kept != NULL ? kept : file, &silent, &c)
                                          : ERR_NOT_FOUND;
    for (size_t i = 0; rc == 0 && i < c->exemption_count; i++)
        take_exemption(d, c, &c->exemptions[i]);
    campaign_free(c);
    free(kept);
}

int evidence_duties_take(struct evidence_duties *d, struct session *s, const struct json_t *about,
                         const char *file, struct error *err)
{
    d->err = err;
    d->now_ms = clock_wall_ms();
    if (file == NULL)
        say_put(d->inv, &d->unknown, "it was not sent from a campaign.yaml (--file names one)");
    else if (access(file, R_OK) != 0)
        say_put(d->inv, &d->unknown, "%s cannot be read", file);
    else
        duties_walk(d->inv, s, about, file, take_duty, d, &d->now_ms, &d->unknown);
    take_exemptions(d, about, file);
    return d->rc;
}

void evidence_duties_put(const struct evidence_duties *d, struct buf *out)
{
    const char *sign = ",\"states\":{";
    buf_printf(out, ",\"duties\":{\"looked_at\":%s", d->unknown.len == 0 ? "true" : "false");
    request_put_text(out, "why_not", d->unknown.len > 0 ? d->unknown.data : NULL);
    put_time(out, "as_of", d->now_ms);
    for (int state = 0; state < LAW_DUTY_STATES; state++) {
        buf_printf(out, "%s\"%s\":%" PRId64, sign, law_duty_state_name((enum law_duty_state)state),
                   d->counts[state]);
        sign = ",";
    }
    buf_puts(out, "}}");
}

static void put_count(const struct invocation *inv, enum law_duty_state state, const char *count,
                      struct buf *out)
{
    switch (state) {
    case LAW_DUTY_MET:
        say_put(inv, out, "%s met in time", count);
        break;
    case LAW_DUTY_LATE:
        say_put(inv, out, "%s met too late", count);
        break;
    case LAW_DUTY_OPEN:
        say_put(inv, out, "%s still open", count);
        break;
    case LAW_DUTY_MISSED:
        say_put(inv, out, "%s overdue", count);
        break;
    case LAW_DUTY_ENDED:
        say_put(inv, out, "%s ended by their day", count);
        break;
    case LAW_DUTY_UNSEEN:
        say_put(inv, out, "%s towards authorities (not seen from here)", count);
        break;
    case LAW_DUTY_UNKNOWN:
        say_put(inv, out, "%s whose clock has no beginning", count);
        break;
    }
}

void evidence_duties_tell(const struct invocation *inv, const struct json_t *duties)
{
    const struct json_t *states = json_get(duties, "states");
    const char *why_not = json_get_text(duties, "why_not", NULL);
    struct buf list = {0};
    char number[OUTPUT_NUMBER_SIZE];
    for (int i = 0; i < LAW_DUTY_STATES; i++) {
        enum law_duty_state state = (enum law_duty_state)i;
        int64_t count = json_get_int(states, law_duty_state_name(state), 0);
        if (count == 0)
            continue;
        buf_puts(&list, list.len > 0 ? ", " : "");
        put_count(inv, state, output_number(count, number), &list);
    }
    if (list.len > 0)
        say(inv, stdout, "Duties of the law at the export: %s.\n", list.data);
    if (why_not != NULL)
        say(inv, stdout, "Duties of the law were not looked at: %s\n", why_not);
    buf_free(&list);
}

void evidence_duties_free(struct evidence_duties *d)
{
    buf_free(&d->unknown);
}
