/* Compiler attributes under names that say why they are used. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN          __attribute__((noreturn))
#define UNUSED            __attribute__((unused))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
