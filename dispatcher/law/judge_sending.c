#include "law/judge_sending.h"

#include "base/text.h"
#include "law/sets.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Nobody looked: for a letter by itself there is nobody to ask. */
void judge_consent(const struct look *look)
{
    const struct law_sending *s = look->c->sending;
    struct place at = finding_place(look);
    bool night = text_equal(look->rule->value->text, "advertising_at_night");
    int64_t without = s == NULL ? -1 : night ? s->without_night_consent : s->without_consent;
    if (without < 0 && look->c->campaign != NULL)
        finding_add(look, &at,
                    "nobody has looked whether the recipients have consented: their "
                    "audience is not there");
    else if (without > 0)
        finding_add(look, &at, "%lld %s not consented (column %s of the audience); leave them out",
                    (long long)without, text_plural(without, "recipient has", "recipients have"),
                    night ? "night_consent" : "consent_at");
}

void judge_consent_age(const struct look *look)
{
    const struct law_sending *s = look->c->sending;
    int64_t days = 0;
    struct place at = finding_place(look);
    if (s == NULL || s->oldest_consent_ms == 0 || !text_parse_int(look->rule->value->text, &days))
        return;
    int64_t age = (sets_moment_ms(look->c) - s->oldest_consent_ms) / DAY_MS;
    if (age > days)
        finding_add(
            look, &at,
            "the oldest consent is %lld days old; after %lld %s people must be told of it again",
            (long long)age, (long long)days, text_plural(days, "day", "days"));
}

static bool sends_sms(const struct law_case *c)
{
    return c->channels != NULL && c->channels[CHANNEL_SMS];
}

void judge_certified(const struct look *look)
{
    const struct law_sending *s = look->c->sending;
    struct place at = finding_place(look);
    if (s != NULL && sends_sms(look->c) && s->sms_certified != NULL && !*s->sms_certified)
        finding_add(look, &at, "the SMS gateway is not marked as certified for bulk advertising");
}

void judge_sender(const struct look *look)
{
    const struct law_sending *s = look->c->sending;
    struct place at = finding_place(look);
    if (s == NULL || !sends_sms(look->c) || s->sms_sender == NULL)
        return;
    for (size_t i = 0; i < s->registered_count; i++)
        if (text_equal(s->registered_senders[i], s->sms_sender))
            return;
    finding_add(look, &at, "the sender %s is not among the registered numbers", s->sms_sender);
}
