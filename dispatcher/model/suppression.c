#include "model/suppression.h"

#include <string.h>

#include "model/address.h"

static void put_lower(const char *text, struct buf *out)
{
    for (; *text != '\0'; text++) {
        buf_putc(out, (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text));
    }
}

static void put_email(const char *address, struct buf *out)
{
    struct buf ascii = {0};
    struct error ignored;
    if (address_put_ascii_email(address, &ascii, &ignored) == 0)
        put_lower(buf_text(&ascii), out);
    else
        put_lower(address, out);
    buf_free(&ascii);
}

static void put_number(const char *number, struct buf *out)
{
    for (; *number != '\0'; number++) {
        if ((*number >= '0' && *number <= '9') || *number == '+')
            buf_putc(out, *number);
    }
}

void suppression_put_key(enum channel_kind channel, const char *address, struct buf *out)
{
    struct error ignored;
    if (channel == CHANNEL_EMAIL)
        put_email(address, out);
    else if (channel == CHANNEL_SMS && address_check_phone(address, &ignored) == 0)
        put_number(address, out);
    else
        buf_puts(out, address);
}

int suppression_check_address(enum channel_kind channel, const char *address, struct error *err)
{
    switch (channel) {
    case CHANNEL_EMAIL:
        return address_check_email(address, err);
    case CHANNEL_SMS:
        return address_check_phone(address, err);
    case CHANNEL_WEBHOOK:
        break;
    }
    return error_set(err, ERR_USAGE,
                     "an endpoint is not suppressed but disabled: dispatcher endpoint disable %s",
                     address);
}
