#include "engine/composing.h"

#include "channel/channel.h"
#include "engine/category.h"

int composing_render(const struct composing *c, const struct packet_item *item, struct message *out,
                     struct error *err)
{
    int template_index = library_find_template(c->library, item->template_name);
    if (template_index < 0)
        return error_set(err, ERR_INPUT, "the template \"%s\" is gone", item->template_name);
    const char *locale = library_match_locale(c->library, template_index, item->locale);
    if (locale == NULL)
        return error_set(err, ERR_INPUT, "the letter \"%s\" is no longer written in %s",
                         item->template_name, item->locale);
    return renderer_render(c->renderer, template_index, locale, item->job, item->accepted_ms,
                           c->transport->channel, out, err);
}

int composing_compose(const struct composing *c, const struct packet_item *item,
                      struct message *message, struct outgoing *out, struct error *err)
{
    const struct recipient *to = &item->job->to;
    *out = (struct outgoing){
        .delivery = item->delivery,
        .attempt = item->attempt,
        .identity = item->job->id,
        .address = item->address,
        .name = to->name != NULL ? to->name : "",
        .date_ms = item->accepted_ms,
        .expires_ms = item->job->expires_at_ms,
        .category = category_of(c->library, item->job, item->template_name),
        .campaign = item->job->campaign,
        .reference = item->job->reference,
        .reply_to = item->job->reply_to,
        .unsubscribe_url = item->job->unsubscribe_url,
        .attachments = &item->job->attachments,
        .message = message,
    };
    return channel_for(c->transport)->compose(c->settings, c->transport, out, err);
}
