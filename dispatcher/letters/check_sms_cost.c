#include "letters/check_sms_cost.h"

#include <inttypes.h>

#include "base/text.h"
#include "cli/output.h"
#include "letters/gateway.h"

const struct transport *check_sms_cost_transport(const struct settings *s)
{
    const struct transport *t = settings_transport_for(s, CHANNEL_SMS);
    return t != NULL && t->sms.gateway != NULL && t->sms.price_count > 0 ? t : NULL;
}

void check_sms_cost_count(struct sms_tally *t, const struct transport *transport, const char *phone,
                          const struct sms_length *length)
{
    if (phone[0] == '\0')
        return;
    t->people++;
    if (length == NULL || !length->sendable)
        return;
    int64_t micros = gateway_cost(transport, phone, length);
    t->measured++;
    t->parts += (int64_t)length->segments;
    t->micros += micros > 0 ? micros : 0;
    t->unpriced += micros < 0 ? 1 : 0;
}

/* As it would be if those that were not measured were like the others. */
static int64_t of_all(const struct sms_tally *t, int64_t measured)
{
    return (int64_t)((double)measured * (double)t->people / (double)t->measured + 0.5);
}

void check_sms_cost_add(struct sms_cost *c, const struct sms_tally *t)
{
    if (t->measured == 0)
        return;
    c->people += t->people;
    c->parts += of_all(t, t->parts);
    c->micros += of_all(t, t->micros);
    c->unpriced += of_all(t, t->unpriced);
    c->about = c->about || t->measured < t->people;
}

void check_sms_cost_tell(const struct sms_cost *c, const struct campaign_check *k)
{
    const struct transport *t = check_sms_cost_transport(k->scene->settings);
    struct place at = {k->campaign->file, 0, 0};
    char people[OUTPUT_NUMBER_SIZE], parts[OUTPUT_NUMBER_SIZE], rest[OUTPUT_NUMBER_SIZE];
    struct buf price = {0};
    if (t == NULL || c->people == 0)
        return;
    gateway_put_cost(&price, c->micros, t->sms.currency);
    output_number(c->people, people);
    output_number(c->parts, parts);
    output_number(c->unpriced, rest);
    const char *unit = text_plural(c->parts, "part", "parts");
    const char *who = text_plural(c->people, "person", "people");
    if (c->unpriced > 0)
        problems_add(&k->scene->problems, PROBLEM_HINT, &at, "sms-cost",
                     c->about ? "the SMS over %s take about %s %s and cost %s for %s %s; without a "
                                "price: %s of them"
                              : "the SMS over %s take %s %s and cost %s for %s %s; without a "
                                "price: %s of them",
                     t->name, parts, unit, buf_text(&price), people, who, rest);
    else
        problems_add(&k->scene->problems, PROBLEM_HINT, &at, "sms-cost",
                     c->about ? "the SMS over %s take about %s %s and cost %s for %s %s"
                              : "the SMS over %s take %s %s and cost %s for %s %s",
                     t->name, parts, unit, buf_text(&price), people, who);
    buf_free(&price);
}
