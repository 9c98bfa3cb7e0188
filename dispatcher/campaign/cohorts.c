#include "campaign/cohorts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "campaign/audience.h"

#define LISTED_MAX 20

/* 80 bits of a digest: that two of 6.5 million people share them has a chance of 10^-11. */
struct person {
    uint64_t key;
    uint32_t line;
    uint16_t more;
    uint8_t file;
    uint8_t known; /* to the population */
};
static_assert(sizeof(struct person) == 16, "the promise of the header");

enum finding {
    FINDING_OVERLAP,
    FINDING_REPEAT,
    FINDING_MISSING,
    FINDING_STRANGER,
    FINDING_NOBODY,
    FINDING_ROW,
};
static const struct {
    const char *rule, *others; /* "... and 17 more OTHERS" */
} findings[] = {
    [FINDING_OVERLAP] = {"audience-overlap", "people are in two cohorts"},
    [FINDING_REPEAT] = {"audience-repeat", "people stand twice in a cohort"},
    [FINDING_MISSING] = {"audience-missing", "people of the population are in no cohort"},
    [FINDING_STRANGER] = {"audience-stranger", "people are not in the population"},
    [FINDING_NOBODY] = {"audience-nobody", "rows do not say who it is"},
    [FINDING_ROW] = {"audience-row", "rows cannot be read"},
};

struct proving {
    const struct cohort_file *files;
    size_t file_count;
    const char *population;
    struct problems *problems;
    struct cohort_count *counts;
    enum identity by;
    struct digest *digest;
    struct person *people;
    size_t count, capacity;
    int64_t found[COUNT_OF(findings)];
};

/* ---- telling ---- */

static void tell(struct proving *p, enum finding kind, const char *file, int64_t line,
                 const char *format, ...) PRINTF(5, 6);

static void tell(struct proving *p, enum finding kind, const char *file, int64_t line,
                 const char *format, ...)
{
    char text[1000];
    struct place at = {file, (int)line, 1};
    va_list args;
    if (++p->found[kind] > LISTED_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problems_add_error(p->problems, &at, findings[kind].rule, "%s", text);
}

static void tell_rest(struct proving *p)
{
    for (size_t i = 0; i < COUNT_OF(findings); i++) {
        struct place at = {p->files[0].path, 0, 0};
        if (p->found[i] > LISTED_MAX)
            problems_add_error(p->problems, &at, findings[i].rule,
                               "%" PRId64 " %s; the first %d are listed", p->found[i],
                               findings[i].others, LISTED_MAX);
    }
}

/* ---- who it is ---- */

static void put_key(struct proving *p, const char *who, struct person *out)
{
    unsigned char sum[DIGEST_SIZE];
    digest_one(p->digest, who, strlen(who), sum);
    memcpy(&out->key, sum, sizeof out->key);
    memcpy(&out->more, sum + sizeof out->key, sizeof out->more);
}

static int compare_keys(const struct person *a, const struct person *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->more > b->more) - (a->more < b->more);
}

/* People who are the same stand together, in the order of the files. */
static int compare_people(const void *left, const void *right)
{
    const struct person *a = left, *b = right;
    int order = compare_keys(a, b);
    if (order == 0)
        order = (a->file > b->file) - (a->file < b->file);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

/* ---- reading ---- */

/* The first column every file has. */
static int choose_identity(struct proving *p, struct error *err)
{
    bool shared[IDENTITIES] = {true, true, true, true};
    for (size_t i = 0; i <= p->file_count; i++) {
        const char *path = i < p->file_count ? p->files[i].path : p->population;
        struct audience *a;
        if (path == NULL)
            continue;
        int rc = audience_open(path, &a, err);
        if (rc != 0)
            return rc;
        for (size_t k = 0; k < IDENTITIES; k++)
            shared[k] = shared[k] && audience_has(a, (enum identity)k);
        audience_close(a);
    }
    for (size_t k = 0; k < IDENTITIES; k++) {
        if (shared[k]) {
            p->by = (enum identity)k;
            return 0;
        }
    }
    return error_set(err, ERR_INPUT,
                     "%s: the files have no column in common that says who a person is: "
                     "recipient_id, id, email or phone",
                     p->files[0].path != NULL ? p->files[0].path : p->population);
}

static void count_locale(struct cohort_count *c, const char *tag)
{
    size_t i = 0;
    while (i < c->locale_count && strcmp(c->locales[i].tag, tag) != 0)
        i++;
    if (i == COHORT_LOCALES_MAX)
        return;
    if (i == c->locale_count) {
        snprintf(c->locales[i].tag, sizeof c->locales[i].tag, "%s", tag);
        c->locale_count++;
    }
    c->locales[i].people++;
}

/* False: told. */
static bool is_sound(struct proving *p, const char *path, const struct audience_person *one)
{
    if (one->problem != NULL)
        tell(p, FINDING_ROW, path, one->line, "%s; %s", one->problem, one->mend);
    else if (one->who[0] == '\0')
        tell(p, FINDING_NOBODY, path, one->line, "%s is empty: nobody knows who this is",
             identity_name(p->by));
    return one->problem == NULL && one->who[0] != '\0';
}

static void add_person(struct proving *p, size_t file, const struct audience_person *one)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity + p->capacity / 2 + 1024;
        p->people = xreallocarray(p->people, p->capacity, sizeof(*p->people));
    }
    struct person *person = &p->people[p->count++];
    *person = (struct person){.line = (uint32_t)one->line, .file = (uint8_t)file};
    put_key(p, one->who, person);
}

static int read_file(struct proving *p, size_t file, struct error *err)
{
    const char *path = p->files[file].path;
    struct audience *a;
    struct audience_person one;
    bool more = true;
    if (path == NULL)
        return 0;
    int rc = audience_open(path, &a, err);
    while (rc == 0 && more && !p->counts[file].unreadable) {
        rc = audience_next(a, p->by, &one, &more, err);
        if (rc != 0 || !more)
            break;
        p->counts[file].unreadable = one.of_file;
        p->counts[file].people++;
        count_locale(&p->counts[file], one.locale);
        if (is_sound(p, path, &one))
            add_person(p, file, &one);
    }
    audience_close(a);
    return rc;
}

/* ---- comparing ---- */

static void find_overlaps(struct proving *p)
{
    qsort(p->people, p->count, sizeof(*p->people), compare_people);
    for (size_t i = 1; i < p->count; i++) {
        const struct person *a = &p->people[i - 1], *b = &p->people[i];
        const struct cohort_file *fa = &p->files[a->file], *fb = &p->files[b->file];
        if (compare_keys(a, b) != 0)
            continue;
        if (a->file == b->file)
            tell(p, FINDING_REPEAT, fb->path, b->line,
                 "this person stands in line %" PRIu32 " already", a->line);
        else
            tell(p, FINDING_OVERLAP, fb->path, b->line,
                 "this person is in cohort %s too (%s:%" PRIu32 "): which letter is right?",
                 fa->name, fa->path, a->line);
    }
}

static struct person *find_person(struct proving *p, const char *who)
{
    struct person wanted = {0};
    size_t low = 0, high = p->count;
    put_key(p, who, &wanted);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&p->people[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < p->count && compare_keys(&p->people[low], &wanted) == 0;
    return found ? &p->people[low] : NULL;
}

static int read_population(struct proving *p, struct error *err)
{
    struct audience *a;
    struct audience_person one;
    bool more = true;
    int rc = audience_open(p->population, &a, err);
    while (rc == 0 && more) {
        rc = audience_next(a, p->by, &one, &more, err);
        if (rc != 0 || !more || !is_sound(p, p->population, &one)) {
            more = more && !one.of_file;
            continue;
        }
        struct person *person = find_person(p, one.who);
        if (person == NULL)
            tell(p, FINDING_MISSING, p->population, one.line, "this person is in no cohort");
        else
            person->known = 1;
    }
    audience_close(a);
    return rc;
}

/* The first of equal ones is the one that was marked. */
static void find_strangers(struct proving *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct person *one = &p->people[i];
        bool first = i == 0 || compare_keys(one, &p->people[i - 1]) != 0;
        if (first && !one->known)
            tell(p, FINDING_STRANGER, p->files[one->file].path, one->line,
                 "this person is not in the population (%s)", p->population);
    }
}

static void check_counts(const struct proving *p)
{
    for (size_t i = 0; i < p->file_count; i++) {
        const struct cohort_file *f = &p->files[i];
        int64_t is = p->counts[i].people, off = is - f->expected;
        if (f->path == NULL || f->expected < 0 || off == 0)
            continue;
        if (off > 0)
            problems_add_error(p->problems, &f->expected_at, "audience-count",
                               "cohort %s has %" PRId64
                               " people by the fact sheet, but %s holds %" PRId64 ": %" PRId64
                               " too many",
                               f->name, f->expected, f->path, is, off);
        else
            problems_add_error(p->problems, &f->expected_at, "audience-count",
                               "cohort %s has %" PRId64
                               " people by the fact sheet, but %s holds %" PRId64 ": %" PRId64
                               " too few",
                               f->name, f->expected, f->path, is, -off);
    }
}

/* What is not read cannot be compared. */
static bool all_readable(const struct proving *p)
{
    for (size_t i = 0; i < p->file_count; i++) {
        if (p->counts[i].unreadable)
            return false;
    }
    return true;
}

static bool all_there(const struct proving *p)
{
    for (size_t i = 0; i < p->file_count; i++) {
        if (p->files[i].path == NULL) {
            problems_add_warning(p->problems, &p->files[i].expected_at, "audience-none",
                                 "cohort %s has no audience yet, so whether anybody of the "
                                 "population is left out cannot be seen",
                                 p->files[i].name);
            return false;
        }
    }
    return true;
}

int cohorts_prove(const struct cohort_file *files, size_t count, const char *population,
                  struct problems *problems, struct cohort_count *out, struct error *err)
{
    struct proving p = {
        .files = files,
        .file_count = count,
        .population = population,
        .problems = problems,
        .counts = out,
        .digest = digest_begin(),
    };
    assert(count <= COHORTS_MAX);
    memset(out, 0, count * sizeof(*out));
    int rc = count > 0 ? choose_identity(&p, err) : 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = read_file(&p, i, err);
    bool readable = all_readable(&p);
    if (rc == 0 && readable && p.count > 0)
        find_overlaps(&p);
    if (rc == 0 && readable && count > 0 && population != NULL && all_there(&p)) {
        rc = read_population(&p, err);
        if (rc == 0)
            find_strangers(&p);
    }
    if (rc == 0 && readable)
        check_counts(&p);
    if (rc == 0 && count > 0)
        tell_rest(&p);
    digest_end(p.digest);
    free(p.people);
    return rc;
}
