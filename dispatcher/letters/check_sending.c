#include "letters/check_sending.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "campaign/audience.h"
#include "campaign/reading.h"
#include "model/settings.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* ---- people ---- */

enum column { COLUMN_EMAIL, COLUMN_PHONE, COLUMN_WEBHOOK, COLUMN_CONSENT, COLUMN_NIGHT, COLUMNS };
static const char *const columns[COLUMNS] = {
    [COLUMN_EMAIL] = "email",        [COLUMN_PHONE] = "phone",         [COLUMN_WEBHOOK] = "webhook",
    [COLUMN_CONSENT] = "consent_at", [COLUMN_NIGHT] = "night_consent",
};

struct looking {
    struct audience *audience;
    size_t column[COLUMNS];
    int64_t moment_ms; /* of the notice */
    struct buf cell;
    struct law_sending *out;
};

static const char *cell(struct looking *l, enum column c)
{
    buf_reset(&l->cell);
    audience_put_cell(l->audience, l->column[c], &l->cell);
    return buf_text(&l->cell);
}

/* When it was given; false: it was not. */
static bool read_consent(const char *text, int64_t moment_ms, int64_t *out_ms)
{
    int64_t day;
    if (clock_parse_rfc3339(text, out_ms))
        return *out_ms <= moment_ms;
    if (!reading_parse_day(text, &day))
        return false;
    *out_ms = day * DAY_MS;
    return *out_ms <= moment_ms;
}

static void look_at_consent(struct looking *l)
{
    int64_t given_ms = 0;
    if (!read_consent(cell(l, COLUMN_CONSENT), l->moment_ms, &given_ms))
        l->out->without_consent++;
    else if (l->out->oldest_consent_ms == 0 || given_ms < l->out->oldest_consent_ms)
        l->out->oldest_consent_ms = given_ms;
    const char *night = cell(l, COLUMN_NIGHT);
    if (strcasecmp(night, "true") != 0 && !read_consent(night, l->moment_ms, &given_ms))
        l->out->without_night_consent++;
}

/* A file without addresses says nothing of who can be reached. */
static bool has_addresses(const struct looking *l)
{
    return l->column[COLUMN_EMAIL] != AUDIENCE_NO_COLUMN ||
           l->column[COLUMN_PHONE] != AUDIENCE_NO_COLUMN ||
           l->column[COLUMN_WEBHOOK] != AUDIENCE_NO_COLUMN;
}

static void look_at_contact(struct looking *l)
{
    if (has_addresses(l) && cell(l, COLUMN_EMAIL)[0] == '\0' && cell(l, COLUMN_PHONE)[0] == '\0' &&
        cell(l, COLUMN_WEBHOOK)[0] == '\0')
        l->out->without_contact++;
}

static void look_at_rows(struct looking *l)
{
    struct audience_person one;
    bool more = true;
    for (size_t i = 0; i < COLUMNS; i++)
        l->column[i] = audience_column(l->audience, columns[i]);
    while (audience_next(l->audience, IDENTITY_ID, &one, &more, NULL) == 0 && more) {
        if (one.problem != NULL)
            continue;
        look_at_consent(l);
        look_at_contact(l);
    }
}

static bool has_audience(const struct campaign *c)
{
    bool all = c->cohort_count > 0;
    for (size_t i = 0; i < c->cohort_count; i++)
        all = all && c->cohorts[i].audience != NULL;
    return all;
}

static void look_at_people(const struct campaign_check *k, struct law_sending *out)
{
    const struct campaign *c = k->campaign;
    struct looking l = {.out = out};
    l.moment_ms = c->send_at_ms != 0 ? c->send_at_ms : k->scene->now_ms;
    if (!has_audience(c))
        return;
    out->without_contact = out->without_consent = out->without_night_consent = 0;
    for (size_t i = 0; i < c->cohort_count; i++) {
        if (audience_open(c->cohorts[i].audience, &l.audience, NULL) == 0)
            look_at_rows(&l);
        audience_close(l.audience);
        l.audience = NULL;
    }
    buf_free(&l.cell);
}

/* ---- ways ---- */

static bool is_registered(const struct settings *s, const char *sender)
{
    for (size_t i = 0; i < s->registered_sender_count; i++)
        if (strcmp(s->registered_senders[i], sender) == 0)
            return true;
    return false;
}

/* The worst of the gateways stands for all: any of them may be chosen. */
static void look_at_ways(const struct settings *s, struct law_sending *out)
{
    out->registered_senders = (const char *const *)s->registered_senders;
    out->registered_count = s->registered_sender_count;
    for (size_t i = 0; i < s->transport_count; i++) {
        const struct transport *t = &s->transports[i];
        if (t->channel != CHANNEL_SMS || t->type != TRANSPORT_GATEWAY)
            continue;
        if (out->sms_certified == NULL || !t->sms.gateway->certified)
            out->sms_certified = &t->sms.gateway->certified;
        if (s->registered_sender_count > 0 && t->sms.sender != NULL &&
            (out->sms_sender == NULL || !is_registered(s, t->sms.sender)))
            out->sms_sender = t->sms.sender;
    }
}

void check_sending_look(const struct campaign_check *k, struct law_sending *out)
{
    *out = (struct law_sending){
        .without_contact = -1, .without_consent = -1, .without_night_consent = -1};
    look_at_people(k, out);
    look_at_ways(k->scene->settings, out);
}
