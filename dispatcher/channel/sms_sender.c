#include "channel/sms_sender.h"

#include <string.h>

#include "base/text.h"

bool sms_sender_is_number(const char *sender)
{
    const char *digits = *sender == '+' ? sender + 1 : sender;
    return *digits != '\0' && strspn(digits, "0123456789") == strlen(digits);
}

const char *sms_sender_for(const struct sms_settings *s, const char *number)
{
    const char *sender = s->sender != NULL ? s->sender : "";
    size_t longest = 0;
    for (size_t i = 0; i < s->sender_count; i++) {
        size_t len = strlen(s->senders[i].prefix);
        if (len > longest && text_starts_with(number, s->senders[i].prefix)) {
            longest = len;
            sender = s->senders[i].sender;
        }
    }
    return sender;
}

/* NULL: none of them fits. */
static const char *fitting_prefix(char *const *prefixes, size_t count, const char *number)
{
    for (size_t i = 0; i < count; i++) {
        if (text_starts_with(number, prefixes[i]))
            return prefixes[i];
    }
    return NULL;
}

int sms_check_prefixes(const struct sms_settings *s, const char *number, struct error *err)
{
    const char *allowed = fitting_prefix(s->allow_prefixes, s->allow_prefix_count, number);
    const char *denied = fitting_prefix(s->deny_prefixes, s->deny_prefix_count, number);
    if (denied != NULL)
        return error_set(err, ERR_DENIED,
                         "numbers that begin with %s get no SMS: deny_prefixes of the transport",
                         denied);
    if (s->allow_prefix_count > 0 && allowed == NULL)
        return error_set(err, ERR_DENIED,
                         "numbers of this country get no SMS: no prefix in allow_prefixes of the "
                         "transport fits");
    return 0;
}

int sms_check_sender(const char *sender, const char *number, struct error *err)
{
    if (*sender == '\0' || sms_sender_is_number(sender) || !text_starts_with(number, "+82"))
        return 0;
    return error_set(err, ERR_CONFIG,
                     "Korean networks take no sender of letters (\"%s\"): give them a registered "
                     "number with senders: {\"+82\": \"0212345678\"} at the transport",
                     sender);
}
