#include "model/message.h"

void message_reset(struct message *m)
{
    struct buf *parts[] = {&m->subject, &m->preheader, &m->text,   &m->html,
                           &m->sms,     &m->title,     &m->webhook};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        buf_reset(parts[i]);
    m->locale[0] = '\0';
}

void message_free(struct message *m)
{
    struct buf *parts[] = {&m->subject, &m->preheader, &m->text,   &m->html,
                           &m->sms,     &m->title,     &m->webhook};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        buf_free(parts[i]);
}
