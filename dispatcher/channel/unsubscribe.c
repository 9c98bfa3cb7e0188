#include "channel/unsubscribe.h"

#include <stdbool.h>
#include <string.h>

#include "model/address.h"
#include "model/token.h"

static bool is_asked_for(const struct settings *s, const char *category)
{
    for (size_t i = 0; category != NULL && i < s->unsubscribe_category_count; i++)
        if (strcmp(s->unsubscribe_categories[i], category) == 0)
            return true;
    return false;
}

static void put_url(struct buf *out, const char *url, const char *token)
{
    static const char mark[] = "{token}";
    const char *at;
    while ((at = strstr(url, mark)) != NULL) {
        buf_put(out, url, (size_t)(at - url));
        buf_puts(out, token);
        url = at + strlen(mark);
    }
    buf_puts(out, url);
}

/* RFC 6068: what means something in a URL is percent-encoded. */
static void put_mailto(struct buf *out, const char *address, const char *token)
{
    struct buf ascii = {0};
    if (address_put_ascii_email(address, &ascii, NULL) == 0) {
        buf_puts(out, "mailto:");
        for (const char *p = ascii.data; *p != '\0'; p++) {
            if (strchr("%?&#/\"`^{|}<>[]\\ ", *p) != NULL)
                buf_printf(out, "%%%02X", (unsigned)(unsigned char)*p);
            else
                buf_putc(out, *p);
        }
        buf_printf(out, "?subject=unsubscribe%%20%s", token);
    }
    buf_free(&ascii);
}

void unsubscribe_make(const struct settings *s, const struct outgoing *item,
                      struct unsubscribe *out)
{
    struct buf token = {0};
    bool asked = is_asked_for(s, item->category);
    *out = (struct unsubscribe){0};
    token_put(&token, s->token_key, TOKEN_DELIVERY, item->delivery, "");
    if (item->unsubscribe_url != NULL)
        buf_puts(&out->url, item->unsubscribe_url);
    else if (asked && s->unsubscribe_url != NULL)
        put_url(&out->url, s->unsubscribe_url, token.data);
    if (asked && s->unsubscribe_mail != NULL)
        put_mailto(&out->mail, s->unsubscribe_mail, token.data);
    buf_free(&token);
}

void unsubscribe_free(struct unsubscribe *u)
{
    buf_free(&u->url);
    buf_free(&u->mail);
}
