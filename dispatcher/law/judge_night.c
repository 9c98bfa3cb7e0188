#include "law/judge_night.h"

#include "base/text.h"
#include "law/node.h"

#define MINUTES_OF_DAY 1440
#define MINUTE_MS      60000

static bool has_channel(const struct law_case *c, const struct yaml_node *names)
{
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        if (c->channels != NULL && c->channels[kind] &&
            node_has(names, channel_kind_name((enum channel_kind)kind)))
            return true;
    return false;
}

/* Minute of the day where the night is. */
static int minute_of_day(int64_t ms, int offset_min)
{
    int64_t minute = (ms / MINUTE_MS + offset_min) % MINUTES_OF_DAY;
    return (int)(minute < 0 ? minute + MINUTES_OF_DAY : minute);
}

bool night_is_sent_in(const struct law_case *c, const struct yaml_node *night)
{
    int from = 0, until = 0, offset = 0;
    if (c->send_at_ms == 0 || !has_channel(c, yaml_get(night, "channel")) ||
        !node_parse_minutes(yaml_text(night, "from"), &from) ||
        !node_parse_minutes(yaml_text(night, "until"), &until) ||
        !node_parse_offset(yaml_text(night, "utc_offset"), &offset))
        return false;
    int now = minute_of_day(c->send_at_ms, offset);
    return from <= until ? from <= now && now < until : from <= now || now < until;
}

void judge_night(const struct look *look)
{
    const struct yaml_node *night = look->rule->value;
    const struct law_sending *sending = look->c->sending;
    const struct campaign *campaign = look->c->campaign;
    struct place at = finding_place(look);
    int offset = 0;
    if (!night_is_sent_in(look->c, night) ||
        (sending != NULL && sending->without_night_consent == 0))
        return;
    if (campaign != NULL && campaign->send_at_place.file != NULL)
        at = campaign->send_at_place;
    if (!node_parse_offset(yaml_text(night, "utc_offset"), &offset))
        return;
    int minute = minute_of_day(look->c->send_at_ms, offset);
    finding_add(look, &at,
                "planned for %02d:%02d there, between %s and %s; move it, or have a consent of "
                "its own for the night",
                minute / 60, minute % 60, yaml_text(night, "from"), yaml_text(night, "until"));
}
