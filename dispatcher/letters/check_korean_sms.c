#include "letters/check_korean_sms.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "channel/sms_text.h"
#include "letters/sms_way.h"
#include "render/library_look.h"

#define LETTER_MAX ((size_t)1 << 20)

/* The first way that counts in a Korean charset; any Korean gateway where none was chosen yet. A
 * NULL gateway: what is sent leaves as Unicode. */
static struct sms_way find_way(const struct settings *s)
{
    static const struct gateway any = {.profile = LENGTH_CP949};
    struct sms_way ways[SMS_WAYS_MAX];
    size_t count = sms_way_find(s, ways);
    for (size_t i = 0; i < count; i++) {
        if (ways[i].gateway->profile != LENGTH_GSM)
            return ways[i];
    }
    return (struct sms_way){.gateway = ways[0].transport == NULL ? &any : NULL};
}

/* A line of the front matter; the tags in it are characters every gateway can send. */
static void check_line(struct check_scene *s, const struct sms_way *way, const char *line,
                       size_t len, struct place at)
{
    struct sms_length length;
    struct buf character = {0}, over = {0};
    sms_way_put(way, &over);
    sms_measure_for(line, len, way->gateway, &length);
    for (size_t i = 0; i < length.offender_count; i++) {
        const struct sms_offender *o = &length.offenders[i];
        if (o->replacement != NULL)
            continue;
        utf8_put(&character, o->code_point);
        buf_printf(&character, " (U+%04X)", (unsigned)o->code_point);
        at.column = (int)o->position + 1;
        problems_add_warning(&s->problems, &at, "sms-euckr", "%s cannot be sent%s: leave it out",
                             buf_text(&character),
                             over.len > 0 ? buf_text(&over) : " by a Korean gateway");
        break;
    }
    buf_free(&character);
    buf_free(&over);
    sms_length_free(&length);
}

static void check_letter(struct check_scene *s, const struct sms_way *way, const char *path)
{
    struct buf source = {0};
    struct place at = {path, 1, 1};
    bool inside = false;
    int fences = 0;
    if (file_read_path(path, LETTER_MAX, &source, NULL) == 0 &&
        utf8_valid(buf_text(&source), source.len)) {
        for (const char *p = buf_text(&source); *p != '\0' && fences < 2; at.line++) {
            size_t len = strcspn(p, "\n");
            fences += len >= 3 && text_starts_with(p, "---") ? 1 : 0;
            inside = text_starts_with(p, "sms:") || (inside && *p == ' ');
            if (inside)
                check_line(s, way, p, len, at);
            p += len + (p[len] == '\n' ? 1 : 0);
        }
    }
    buf_free(&source);
}

static void check_template(struct check_scene *s, int index)
{
    const char *const *tags = library_template_locales(s->library, index);
    const struct sms_way way = find_way(s->settings);
    if (way.gateway == NULL)
        return;
    for (size_t i = 0; tags[i] != NULL; i++)
        if (strcmp(tags[i], "ko") == 0 || text_starts_with(tags[i], "ko-"))
            check_letter(s, &way, library_letter_file(s->library, index, tags[i]));
}

void check_korean_sms(struct check_scene *s, int template_index)
{
    for (size_t i = 0; s->library != NULL && i < library_template_count(s->library); i++)
        if (template_index < 0 || (size_t)template_index == i)
            check_template(s, (int)i);
}
