#include "operator/command_list.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unicode.h"
#include "channel/channel.h"
#include "channel/sms_text.h"
#include "engine/setup.h"
#include "model/message.h"
#include "render/renderer.h"

struct preview {
    const struct invocation *inv;
    struct setup *setup;
    struct renderer *renderer;
    struct job *job;
    int template_index;
    const char *part; /* NULL: the overview */
};

/* ---- the sample ---- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_json(const struct dirent *entry)
{
    return text_ends_with(entry->d_name, ".json") ? 1 : 0;
}

/* The first fixture of the template, in alphabetical order. Caller frees. */
static char *first_fixture(const char *directory)
{
    struct dirent **names = NULL;
    char *folder = file_join(directory, "fixtures"), *path = NULL;
    int count = scandir(folder, &names, is_json, by_name);
    for (int i = 0; i < count; i++) {
        if (i == 0)
            path = file_join(folder, names[i]->d_name);
        free(names[i]);
    }
    free((void *)names);
    free(folder);
    return path;
}

/* --fixture takes a path, or the name of one of the template's fixtures. */
static char *find_fixture(const struct preview *p)
{
    const char *wanted = option_value(p->inv, "fixture");
    const char *directory =
        library_template_directory(p->setup->library, (size_t)p->template_index);
    if (wanted == NULL)
        return first_fixture(directory);
    if (access(wanted, R_OK) == 0)
        return xstrdup(wanted);
    struct buf path = {0};
    buf_printf(&path, "%s/fixtures/%s%s", directory, wanted,
               text_ends_with(wanted, ".json") ? "" : ".json");
    return buf_steal(&path);
}

static int load_fixture(struct preview *p, struct error *err)
{
    struct buf text = {0};
    char *path = find_fixture(p);
    int rc =
        path == NULL
            ? error_set(err, ERR_NOT_FOUND,
                        "the template has no fixtures/*.json; give a sample with --fixture FILE")
            : file_read_path(path, JOB_TEXT_MAX, &text, err);
    if (rc == 0)
        rc = job_parse_fixture(text.data, text.len, path, &p->job, err);
    buf_free(&text);
    free(path);
    return rc;
}

/* ---- parts ---- */

static int render(const struct preview *p, const char *locale, enum channel_kind kind,
                  struct message *out, struct error *err)
{
    return renderer_render(p->renderer, p->template_index, locale, p->job,
                           p->job->created_at_ms != 0 ? p->job->created_at_ms : clock_wall_ms(),
                           kind, out, err);
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
        .date_ms = p->job->created_at_ms != 0 ? p->job->created_at_ms : clock_wall_ms(),
        .category = p->job->category,
        .reference = p->job->reference,
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

static enum length_profile profile_of(const struct preview *p)
{
    struct transport stand_in;
    const struct transport *t = transport_of(p, CHANNEL_SMS, &stand_in);
    return t->sms.gateway != NULL ? t->sms.gateway->profile : LENGTH_GSM;
}

/* A character that cannot be told from its neighbours is named by its number. */
static void print_replacement(uint32_t c, const struct buf *by)
{
    struct buf shown = {0};
    utf8_put(&shown, c);
    if (unicode_width(buf_text(&shown), shown.len) > 0 && c > 0x20 && c != 0xa0 &&
        !(c >= 0x2000 && c <= 0x200a) && c != 0x202f && c != 0x205f && c != 0x3000)
        printf("%s (U+%04X)", buf_text(&shown), (unsigned)c);
    else
        printf("U+%04X", (unsigned)c);
    if (by->len == 0)
        printf(" by nothing");
    else
        printf(" by %s", text_equal(buf_text(by), " ") ? "a blank" : buf_text(by));
    buf_free(&shown);
}

/* Every character that is replaced, once each. */
static void print_replacements(const struct buf *sms, enum length_profile profile)
{
    const char *begin = buf_text(sms), *at = begin, *end = begin + sms->len;
    const char *separator = ": ";
    while (at < end) {
        const char *start = at;
        uint32_t c = utf8_next(&at, end);
        size_t len = (size_t)(at - start);
        struct buf by = {0};
        if (memmem(begin, (size_t)(start - begin), start, len) == NULL &&
            sms_prepare(start, len, profile, &by) > 0) {
            printf("%s", separator);
            print_replacement(c, &by);
            separator = ", ";
        }
        buf_free(&by);
    }
}

/* The text as it will be sent, and what that costs. */
static void print_prepared_sms(const struct preview *p, const struct buf *sms)
{
    struct sms_length l;
    struct buf prepared = {0};
    size_t replaced = sms_prepare(buf_text(sms), sms->len, profile_of(p), &prepared);
    print_buf(&prepared);
    sms_measure(buf_text(&prepared), prepared.len, profile_of(p), &l);
    printf("[SMS: %s, %zu units, %zu %s%s", sms_encoding_name(l.encoding), l.units, l.segments,
           l.segments == 1 ? "part" : "parts", l.sendable ? "" : ", CANNOT BE SENT");
    if (replaced > 0) {
        printf(", %zu %s replaced", replaced, replaced == 1 ? "character" : "characters");
        print_replacements(sms, profile_of(p));
    }
    printf("]\n");
    sms_length_free(&l);
    buf_free(&prepared);
}

static int print_wire(const struct preview *p, const struct message *m, enum channel_kind kind,
                      struct error *err)
{
    struct buf wire = {0};
    int rc = compose(p, m, kind, &wire, err);
    if (rc == 0)
        print_buf(&wire);
    buf_free(&wire);
    return rc;
}

static int print_email(const struct preview *p, struct message *m, const char *locale,
                       struct error *err)
{
    int rc = render(p, locale, CHANNEL_EMAIL, m, err);
    return rc == 0 ? print_wire(p, m, CHANNEL_EMAIL, err) : rc;
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
        print_prepared_sms(p, &m->sms);
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
    printf("Subject:   %s\nPreheader: %s\n\n", buf_text(&m->subject), buf_text(&m->preheader));
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

static int print_part(const struct preview *p, const char *locale, struct error *err)
{
    struct message m = {0};
    const char *wanted = p->part != NULL ? p->part : "overview";
    int rc = ERR_USAGE;
    error_set(err, rc, "--part is email, text, html, sms or webhook, not \"%s\"", wanted);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strcmp(parts[i].name, wanted) == 0)
            rc = parts[i].print(p, &m, locale, err);
    }
    message_free(&m);
    return rc;
}

/* ---- languages ---- */

static int preview_locale(const struct preview *p, const char *wanted, bool headed,
                          struct error *err)
{
    char *path = NULL;
    const char *locale = library_match_locale(p->setup->library, p->template_index, wanted);
    if (locale == NULL)
        return error_set(err, ERR_NOT_FOUND, "this letter is not written in \"%s\"", wanted);
    int rc = library_check_job(p->setup->library, p->template_index, locale, p->job, &path, err);
    free(path);
    if (rc != 0)
        return rc;
    if (headed)
        printf("===== %s =====\n", locale);
    rc = print_part(p, locale, err);
    if (headed && rc == 0)
        printf("\n");
    return rc;
}

/* Without the blanks around it; changes `text`. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    return text;
}

static int preview_all(const struct preview *p, struct error *err)
{
    const char *wanted = option_value(p->inv, "locale");
    char *list = wanted != NULL ? xstrdup(wanted) : NULL, *rest = list, *one;
    int rc = 0;
    if (list == NULL) {
        const char *const *tags = library_template_locales(p->setup->library, p->template_index);
        bool several = tags[0] != NULL && tags[1] != NULL;
        for (size_t i = 0; rc == 0 && tags[i] != NULL; i++)
            rc = preview_locale(p, tags[i], several, err);
    }
    bool several = list != NULL && strchr(list, ',') != NULL;
    while (rc == 0 && (one = strsep(&rest, ",")) != NULL)
        rc = preview_locale(p, trim(one), several, err);
    free(list);
    return rc;
}

static int open_all(struct preview *p, struct error *err)
{
    struct config_options options = *invocation_config(p->inv);
    const char *name = argument_at(p->inv, 0);
    options.without_secrets = true;
    int rc = setup_load(&options, 1, &p->setup, err);
    if (rc != 0)
        return rc;
    p->template_index = library_find_template(p->setup->library, name);
    if (p->template_index < 0) {
        const char *meant = library_closest_template(p->setup->library, name);
        return error_set(err, ERR_NOT_FOUND, "there is no template \"%s\"%s%s%s", name,
                         meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                         meant != NULL ? "\"?" : "");
    }
    rc = renderer_open(p->setup->library, &p->renderer, err);
    return rc == 0 ? load_fixture(p, err) : rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct preview p = {.inv = inv, .part = option_value(inv, "part")};
    int rc = open_all(&p, err);
    if (rc == 0)
        rc = preview_all(&p, err);
    job_free(p.job);
    renderer_close(p.renderer);
    setup_release(p.setup);
    return rc;
}

static const struct option_row options[] = {
    {"locale", 0, "de,ko,en", "which languages (default: all of the letter)"},
    {"fixture", 0, "F", "a sample job: a file, or the name of one of the letter's fixtures"},
    {"part", 0, "PART",
     "email (as sent), text, html, sms or webhook; default: subject, text and SMS"},
};

const struct command command_preview = {
    .name = "preview",
    .arguments = "TEMPLATE",
    .summary = "show a letter as a reader would get it, in every language",
    .details = "Uses the first of the letter's fixtures unless another is given. Sends nothing.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
