#include "letters/preview_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "cli/say.h"
#include "engine/category.h"
#include "letters/preview_sms.h"

static int render(const struct preview *p, const char *locale, enum channel_kind kind,
                  struct message *out, struct error *err)
{
    return renderer_render(p->renderer, p->template_index, locale, preview_job(p, locale),
                           preview_accepted_ms(p), kind, out, err);
}

static const struct transport *transport_of(const struct preview *p, enum channel_kind kind,
                                            struct transport *stand_in)
{
    const struct transport *t = settings_transport_for(p->setup->settings, kind);
    *stand_in = (struct transport){.channel = kind, .type = TRANSPORT_OUTBOX};
    return t != NULL ? t : stand_in;
}

/* The bytes as they would go out. */
static int compose(const struct preview *p, const struct message *m, enum channel_kind kind,
                   struct buf *out, struct error *err)
{
    struct transport stand_in;
    const struct transport *t = transport_of(p, kind, &stand_in);
    const char *address = job_address(p->job, kind);
    struct outgoing item = {
        .attempt = 1,
        .identity = p->job->id,
        .address = address != NULL ? address : "reader@example.org",
        .name = p->job->to.name != NULL ? p->job->to.name : "",
        .date_ms = preview_accepted_ms(p),
        .category = category_of(p->setup->library, p->job, p->name),
        .reference = p->job->reference,
        .reply_to = p->job->reply_to,
        .unsubscribe_url = p->job->unsubscribe_url,
        .attachments = &p->job->attachments,
        .message = m,
    };
    int rc = channel_of_kind(kind)->compose(p->setup->settings, t, &item, err);
    if (rc == 0)
        buf_put(out, buf_text(&item.wire), item.wire.len);
    buf_free(&item.wire);
    return rc;
}

static void print_buf(const struct buf *b)
{
    fwrite(buf_text(b), 1, b->len, stdout);
    if (b->len > 0 && b->data[b->len - 1] != '\n')
        putchar('\n');
}

/* ---- parts ---- */

/* The text as it will be sent, and what that costs. */
static void print_prepared_sms(const struct preview *p, const struct message *m)
{
    struct preview_sms sms;
    struct buf summary = {0};
    const struct sms_way way = sms_way_home(p->setup->settings);
    preview_sms_make(m, &way, &sms);
    preview_sms_put_summary(p->inv, &sms, &summary);
    print_buf(&sms.fitting.text);
    printf("[SMS: %s]\n", buf_text(&summary));
    buf_free(&summary);
    preview_sms_free(&sms);
}

static int print_email(const struct preview *p, struct message *m, const char *locale,
                       struct error *err)
{
    struct buf wire = {0};
    int rc = render(p, locale, CHANNEL_EMAIL, m, err);
    if (rc == 0)
        rc = compose(p, m, CHANNEL_EMAIL, &wire, err);
    if (rc == 0)
        print_buf(&wire);
    buf_free(&wire);
    return rc;
}

static int print_text(const struct preview *p, struct message *m, const char *locale,
                      struct error *err)
{
    int rc = render(p, locale, CHANNEL_EMAIL, m, err);
    if (rc == 0)
        print_buf(&m->text);
    return rc;
}

static int print_html(const struct preview *p, struct message *m, const char *locale,
                      struct error *err)
{
    int rc = render(p, locale, CHANNEL_EMAIL, m, err);
    if (rc == 0)
        print_buf(&m->html);
    return rc;
}

static int print_sms(const struct preview *p, struct message *m, const char *locale,
                     struct error *err)
{
    int rc = render(p, locale, CHANNEL_SMS, m, err);
    if (rc == 0)
        print_prepared_sms(p, m);
    return rc;
}

static int print_webhook(const struct preview *p, struct message *m, const char *locale,
                         struct error *err)
{
    int rc = render(p, locale, CHANNEL_WEBHOOK, m, err);
    if (rc == 0)
        print_buf(&m->webhook);
    return rc;
}

static int print_overview(const struct preview *p, struct message *m, const char *locale,
                          struct error *err)
{
    int rc = render(p, locale, CHANNEL_EMAIL, m, err);
    if (rc != 0)
        return rc;
    say(p->inv, stdout, "Subject:   %s\nPreheader: %s\n\n", buf_text(&m->subject),
        buf_text(&m->preheader));
    print_buf(&m->text);
    if (!library_has_part(p->setup->library, p->template_index, locale, CHANNEL_SMS))
        return 0;
    printf("\n");
    return print_sms(p, m, locale, err);
}

static const struct {
    const char *name;
    int (*print)(const struct preview *p, struct message *m, const char *locale, struct error *err);
} parts[] = {
    {"overview", print_overview}, {"email", print_email}, {"text", print_text},
    {"html", print_html},         {"sms", print_sms},     {"webhook", print_webhook},
};

static int print_part(const struct preview *p, const char *locale, const char *part,
                      struct error *err)
{
    struct message m = {0};
    int rc = ERR_USAGE;
    error_set(err, rc, "--part is email, text, html, sms or webhook, not \"%s\"", part);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strcmp(parts[i].name, part) == 0)
            rc = parts[i].print(p, &m, locale, err);
    }
    message_free(&m);
    return rc;
}

static int check_language(const struct preview *p, const char *locale, struct error *err)
{
    char *path = NULL;
    int rc = library_check_job(p->setup->library, p->template_index, locale, preview_job(p, locale),
                               &path, err);
    free(path);
    return rc;
}

static int print_language(const struct preview *p, const char *locale, const char *part,
                          struct error *err)
{
    bool headed = p->tag_count > 1;
    int rc = check_language(p, locale, err);
    if (rc != 0)
        return rc;
    if (headed)
        printf("===== %s =====\n", locale);
    rc = print_part(p, locale, part, err);
    if (headed && rc == 0)
        printf("\n");
    return rc;
}

int preview_print_parts(const struct preview *p, const char *part, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->tag_count; i++)
        rc = print_language(p, p->tags[i], part != NULL ? part : "overview", err);
    return rc;
}

/* ---- for programs ---- */

/* NULL: the letter has no such part. */
static void put_text(struct buf *out, const char *name, const struct buf *text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, text != NULL ? buf_text(text) : NULL);
}

static int put_mail(const struct preview *p, const char *locale, struct buf *out, struct error *err)
{
    struct message m = {0};
    int rc = render(p, locale, CHANNEL_EMAIL, &m, err);
    if (rc == 0) {
        put_text(out, "subject", &m.subject);
        put_text(out, "preheader", &m.preheader);
        put_text(out, "text", &m.text);
        put_text(out, "html", &m.html);
    }
    message_free(&m);
    return rc;
}

static int put_sms(const struct preview *p, const char *locale, struct buf *out, struct error *err)
{
    const struct sms_way way = sms_way_home(p->setup->settings);
    struct message m = {0};
    struct preview_sms sms;
    if (!library_has_part(p->setup->library, p->template_index, locale, CHANNEL_SMS)) {
        put_text(out, "sms", NULL);
        return 0;
    }
    int rc = render(p, locale, CHANNEL_SMS, &m, err);
    if (rc == 0) {
        preview_sms_make(&m, &way, &sms);
        put_text(out, "sms", &sms.fitting.text);
        preview_sms_free(&sms);
    }
    message_free(&m);
    return rc;
}

static int put_webhook(const struct preview *p, const char *locale, struct buf *out,
                       struct error *err)
{
    bool there = library_has_part(p->setup->library, p->template_index, locale, CHANNEL_WEBHOOK);
    struct message m = {0};
    int rc = there ? render(p, locale, CHANNEL_WEBHOOK, &m, err) : 0;
    if (rc == 0)
        put_text(out, "webhook", there ? &m.webhook : NULL);
    message_free(&m);
    return rc;
}

static int print_json(const struct preview *p, const char *locale, struct error *err)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"letter\":");
    buf_put_json(&out, p->name);
    buf_puts(&out, ",\"locale\":");
    buf_put_json(&out, locale);
    int rc = check_language(p, locale, err);
    if (rc == 0)
        rc = put_mail(p, locale, &out, err);
    if (rc == 0)
        rc = put_sms(p, locale, &out, err);
    if (rc == 0)
        rc = put_webhook(p, locale, &out, err);
    if (rc == 0)
        printf("%s}\n", buf_text(&out));
    buf_free(&out);
    return rc;
}

int preview_print_json(const struct preview *p, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->tag_count; i++)
        rc = print_json(p, p->tags[i], err);
    return rc;
}
