/*
 * What a letter costs before it is sent, alone: rendered, composed, hashed, in one process.
 *
 *     render [--own] [--rounds N] [--letters N] TEMPLATE FIXTURE
 *     render --sums
 *
 * The first takes its facts from the sample TEMPLATES/TEMPLATE/fixtures/FIXTURE.json and writes to
 * a few hundred people in every language of the template: as the lines of a batch, which share
 * their facts, or with --own each as a notice of its own. It prints the least processor time of N
 * rounds, for on a busy machine the least is nearest to the truth, and the memory at the end of the
 * first round and of the last.
 *
 * The second prints the SHA-256 of every part of every letter and sample there is: a change that is
 * to make rendering faster must leave every line as it was.
 *
 * Templates and locales are those of the working directory.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "channel/mime.h"
#include "model/batch.h"
#include "model/job.h"
#include "model/settings.h"
#include "render/library.h"
#include "render/renderer.h"

#define ACCEPTED_MS INT64_C(1763942401000)
#define PEOPLE      128 /* of each language */

struct bench {
    struct library *library;
    struct renderer *renderer;
    struct digest *digest;
    struct message message;
    struct buf wire;
    unsigned char sum[DIGEST_SIZE];
};

static void must(int rc, const struct error *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void open_bench(struct bench *b)
{
    static char keys[][8] = {"name", "street", "website", "email", "phone"};
    static char values[][24] = {"Beispielbank", "Musterstraße 1", "www.example.org",
                                "service@example.org", "+49 30 0000 0000"};
    struct organisation_field fields[COUNT_OF(keys)];
    const struct organisation organisation = {.fields = fields, .field_count = COUNT_OF(keys)};
    const struct library_options o = {
        .templates = "templates", .locales = "locales", .organisation = &organisation};
    struct error err;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        fields[i] = (struct organisation_field){NULL, keys[i], values[i]};
    *b = (struct bench){.digest = digest_begin()};
    must(library_load(&o, &b->library, &err), &err);
    must(renderer_open(b->library, &b->renderer, &err), &err);
}

static void close_bench(struct bench *b)
{
    message_free(&b->message);
    buf_free(&b->wire);
    digest_end(b->digest);
    renderer_close(b->renderer);
    library_free(b->library);
}

/* ---- one letter ---- */

enum stage { RENDERED, COMPOSED, HASHED };

static void make_letter(struct bench *b, int template_index, const char *locale,
                        const struct job *job, enum stage until)
{
    struct error err;
    must(renderer_render(b->renderer, template_index, locale, job, ACCEPTED_MS, CHANNEL_EMAIL,
                         &b->message, &err),
         &err);
    if (until == RENDERED)
        return;
    const struct mime_mail mail = {.from_name = "Beispielbank",
                                   .from_address = "notices@example.org",
                                   .to_name = job->to.name,
                                   .to_address = job->to.email,
                                   .reply_to = "service@example.org",
                                   .identity = job->id,
                                   .domain = "example.org",
                                   .locale = b->message.locale,
                                   .date_ms = ACCEPTED_MS,
                                   .subject = &b->message.subject,
                                   .text = &b->message.text,
                                   .html = &b->message.html};
    buf_reset(&b->wire);
    must(mime_compose(&mail, &b->wire, &err), &err);
    if (until == HASHED)
        digest_one(b->digest, buf_text(&b->wire), b->wire.len, b->sum);
}

/* ---- the people of a language ---- */

struct people {
    const char *locale;
    struct job *jobs[PEOPLE];
};

#define NAMES 8 /* of each language: most Korean ones are equally long */

static const struct {
    const char *locale, *names[NAMES];
} names[] = {
    {"de",
     {"Anna Weiß", "Jürgen Schmidt", "Eva Lang", "Maximilian von der Heide", "Uwe Ott", "Ina Groß",
      "Sabine Leutheusser", "Tim Beck"}},
    {"ko", {"김민준", "이서연", "박지후", "최은우", "남궁민수", "정하윤", "강도윤", "윤서"}},
    {"en",
     {"Ann White", "John Smith", "Mary Ann O'Hara", "Li Wu", "Christopher Featherstone", "Eve Day",
      "Tom Hill", "Sue Brown"}},
};

static const char *name_in(const char *locale, int number)
{
    size_t at = 0;
    while (at + 1 < COUNT_OF(names) && strcmp(names[at].locale, locale) != 0)
        at++;
    return names[at].names[number % NAMES];
}

/* What line `number` of a batch says. */
static json_t *line_of(const char *locale, int number)
{
    return json_pack("{s:o,s:s,s:o,s:{s:s,s:o}}", "id", json_sprintf("%s-%07d", locale, number),
                     "locale", locale, "reference", json_sprintf("CL-%07d", number), "to", "name",
                     name_in(locale, number), "email",
                     json_sprintf("person%07d@example.org", number));
}

static char *text_of(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    return text;
}

static struct job *read_notice(json_t *shared, json_t *line)
{
    struct error err;
    struct job *job;
    json_t *whole = json_deep_copy(shared);
    json_object_update(whole, line);
    json_decref(line);
    char *text = text_of(whole);
    must(job_parse(text, strlen(text), "notice", 1, &job, &err), &err);
    free(text);
    return job;
}

static struct job *read_line(const struct batch *batch, json_t *line, int number)
{
    struct error err;
    struct job *job;
    char *text = text_of(line);
    must(batch_read_line(batch, text, strlen(text), "lines", number, &job, NULL, &err), &err);
    free(text);
    return job;
}

static struct batch *batch_of(json_t *shared)
{
    struct error err;
    struct batch *batch;
    char *text = json_dumps(shared, JSON_COMPACT);
    must(batch_parse(text, strlen(text), "batch", false, &batch, &err), &err);
    free(text);
    return batch;
}

/* What all people are told, as a batch says it. */
static json_t *read_shared(const char *template, const char *fixture)
{
    char path[512];
    json_error_t why;
    snprintf(path, sizeof(path), "templates/%s/fixtures/%s.json", template, fixture);
    json_t *sample = json_load_file(path, 0, &why);
    if (sample == NULL) {
        fprintf(stderr, "%s:%d: %s\n", path, why.line, why.text);
        exit(1);
    }
    json_t *shared =
        json_pack("{s:i,s:s,s:s,s:s,s:O}", "version", 1, "id", "bench", "template", template,
                  "category", "breach_notice", "data", json_object_get(sample, "data"));
    json_decref(sample);
    return shared;
}

static void fill(struct people *p, json_t *shared, bool own)
{
    struct batch *batch = batch_of(shared);
    for (int i = 0; i < PEOPLE; i++) {
        json_t *line = line_of(p->locale, i + 1);
        p->jobs[i] = own ? read_notice(shared, line) : read_line(batch, line, i + 1);
    }
    batch_free(batch);
}

/* ---- measuring ---- */

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Least microseconds per letter, up to each stage. */
static double measure(struct bench *b, int template_index, const struct people *p, enum stage until,
                      int letters)
{
    double begin = processor_seconds();
    for (int i = 0; i < letters; i++)
        make_letter(b, template_index, p->locale, p->jobs[i % PEOPLE], until);
    return (processor_seconds() - begin) * 1e6 / letters;
}

struct figures {
    double us[HASHED + 1];
    size_t bytes;
};

static void measure_all(struct bench *b, int template_index, const struct people *p, int letters,
                        struct figures *out)
{
    for (int until = RENDERED; until <= HASHED; until++) {
        double us = measure(b, template_index, p, (enum stage)until, letters);
        out->us[until] = out->us[until] == 0 || us < out->us[until] ? us : out->us[until];
    }
    out->bytes = b->wire.len;
}

static void print_figures(const char *what, const struct figures *f)
{
    printf("%-8s %6zu bytes  render %6.2f  compose %6.2f  hash %6.2f  together %6.2f us  %7.0f "
           "letters/s\n",
           what, f->bytes, f->us[RENDERED], f->us[COMPOSED] - f->us[RENDERED],
           f->us[HASHED] - f->us[COMPOSED], f->us[HASHED], 1e6 / f->us[HASHED]);
}

struct options {
    bool own;
    int rounds, letters;
};

static void run(struct bench *b, const struct options *o, const char *template, const char *fixture)
{
    int index = library_find_template(b->library, template);
    struct figures figures[COUNT_OF(names)] = {0}, all = {0};
    struct people people[COUNT_OF(names)];
    json_t *shared = read_shared(template, fixture);
    long first = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        people[i].locale = names[i].locale;
        fill(&people[i], shared, o->own);
    }
    json_decref(shared);
    for (int round = 0; round < o->rounds; round++) {
        for (size_t i = 0; i < COUNT_OF(names); i++)
            measure_all(b, index, &people[i], o->letters, &figures[i]);
        first = round == 0 ? peak_kb() : first;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        print_figures(names[i].locale, &figures[i]);
        for (int s = 0; s <= HASHED; s++)
            all.us[s] += figures[i].us[s] / COUNT_OF(names);
        all.bytes += figures[i].bytes / COUNT_OF(names);
        for (size_t k = 0; k < PEOPLE; k++)
            job_free(people[i].jobs[k]);
    }
    print_figures("mean", &all);
    printf("memory   %ld KB after the first round, %ld KB after %lld letters\n", first, peak_kb(),
           3LL * (long long)COUNT_OF(names) * o->rounds * o->letters);
}

/* ---- sums ---- */

static void print_sum(const char *path, const char *locale, const char *part,
                      const struct buf *text)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    digest_sha256(buf_text(text), text->len, digest);
    printf("%s %s %s %zu %s\n", path, locale, part, text->len, digest_hex(digest, hex));
}

static void print_message(const struct bench *b, const char *path, const char *locale)
{
    const struct message *m = &b->message;
    const struct {
        const char *name;
        const struct buf *text;
    } parts[] = {{"subject", &m->subject}, {"preheader", &m->preheader},
                 {"text", &m->text},       {"html", &m->html},
                 {"sms", &m->sms},         {"title", &m->title},
                 {"webhook", &m->webhook}, {"mail", &b->wire}};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i].text->len > 0)
            print_sum(path, locale, parts[i].name, parts[i].text);
}

static void print_sample(struct bench *b, int index, const char *path)
{
    struct buf text = {0};
    struct error err;
    struct job *job;
    must(file_read_path(path, JOB_TEXT_MAX, &text, &err), &err);
    must(job_parse_fixture(buf_text(&text), text.len, path, &job, &err), &err);
    for (const char *const *tag = library_template_locales(b->library, index); *tag != NULL; tag++)
        for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
            if (!library_has_part(b->library, index, *tag, (enum channel_kind)kind))
                continue;
            buf_reset(&b->wire);
            for (int i = 0; i < 3; i++) /* later ones come of what was kept of the first */
                must(renderer_render(b->renderer, index, *tag, job, ACCEPTED_MS,
                                     (enum channel_kind)kind, &b->message, &err),
                     &err);
            if (kind == CHANNEL_EMAIL)
                make_letter(b, index, *tag, job, HASHED);
            print_message(b, path, *tag);
        }
    job_free(job);
    buf_free(&text);
}

static void print_sums(struct bench *b)
{
    for (size_t i = 0; i < library_template_count(b->library); i++) {
        char *folder = file_join(library_template_directory(b->library, i), "fixtures");
        struct dirent **entries;
        int count = scandir(folder, &entries, NULL, alphasort);
        for (int k = 0; k < count; k++) {
            char *path = file_join(folder, entries[k]->d_name);
            if (text_ends_with(path, ".json"))
                print_sample(b, (int)i, path);
            free(path);
            free(entries[k]);
        }
        if (count >= 0)
            free(entries);
        free(folder);
    }
}

int main(int argc, char **argv)
{
    struct options o = {.rounds = 5, .letters = 5000};
    struct bench b;
    bool sums = false;
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        sums = sums || strcmp(argv[at], "--sums") == 0;
        o.own = o.own || strcmp(argv[at], "--own") == 0;
        if (strcmp(argv[at], "--rounds") == 0 && at + 1 < argc)
            o.rounds = (int)strtol(argv[++at], NULL, 10);
        if (strcmp(argv[at], "--letters") == 0 && at + 1 < argc)
            o.letters = (int)strtol(argv[++at], NULL, 10);
    }
    if (!sums && argc - at != 2) {
        fprintf(stderr, "render [--own] [--rounds N] [--letters N] TEMPLATE FIXTURE, or --sums\n");
        return 64;
    }
    open_bench(&b);
    if (sums)
        print_sums(&b);
    else
        run(&b, &o, argv[at], argv[at + 1]);
    close_bench(&b);
    return 0;
}
