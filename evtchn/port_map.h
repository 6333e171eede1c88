/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which ports a domain uses, and where each one's structure is. No locks but for the
 * publication of new buckets, and no memory management: this also builds in user space,
 * where the tests run it against a model and with memory that runs out.
 */
#ifndef KXEN_PORT_MAP_H
#define KXEN_PORT_MAP_H

/* A bucket is a page. With what lockdep keeps in a lock a port takes two lines or more. */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
#define KXEN_PORTS_PER_BUCKET	16
#else
#define KXEN_PORTS_PER_BUCKET	64
#endif

struct kxen_port;

/**
 * struct kxen_port_table - where the ports are; read without a lock by every send.
 * @buckets: KXEN_PORTS_PER_BUCKET ports each; never freed while the domain lives.
 * @nr_valid: ports that exist; only grows; published after their bucket.
 */
struct kxen_port_table {
	struct kxen_port **buckets;
	u32 nr_valid;
};

/**
 * struct kxen_port_set - which ports are used; changed by each allocation.
 * @used: one bit per port that is not free.
 * @max_ports: the domain's limit: no port has this number or a higher one.
 */
struct kxen_port_set {
	unsigned long *used;
	u32 max_ports;
};

/**
 * kxen_port_table_grow() - Make the buckets up to the one that holds a port.
 * @t: the table.
 * @port: the port, below the domain's limit.
 * @make: makes one, whose first port has that number; NULL when memory is short.
 *
 * Return: 0, or -ENOMEM; the buckets that were made stay.
 */
static inline int kxen_port_table_grow(struct kxen_port_table *t, u32 port,
				       struct kxen_port *(*make)(u32 first))
{
	struct kxen_port *bucket;
	u32 first = t->nr_valid;

	while (first <= port) {
		bucket = make(first);
		if (!bucket)
			return -ENOMEM;
		t->buckets[first / KXEN_PORTS_PER_BUCKET] = bucket;
		first += KXEN_PORTS_PER_BUCKET;
		/* Pairs with the acquire in kxen_port_table_at(). */
		smp_store_release(&t->nr_valid, first);
	}
	return 0;
}

/**
 * kxen_port_table_at() - Port by number, without a lock.
 * @t: the table.
 * @port: the number, not trusted.
 *
 * Return: the port, or NULL if there never was one of that number.
 */
static inline struct kxen_port *kxen_port_table_at(struct kxen_port_table *t,
						   u32 port)
{
	/* Pairs with the release in kxen_port_table_grow(): the bucket is there. */
	u32 nr = smp_load_acquire(&t->nr_valid);

	if (port >= nr)
		return NULL;
	port = array_index_nospec(port, nr);
	return t->buckets[port / KXEN_PORTS_PER_BUCKET] +
	       port % KXEN_PORTS_PER_BUCKET;
}

/**
 * kxen_port_set_find() - The lowest free port, which need not exist yet.
 * @s: the set.
 * @from: not below this one.
 * @limit: nor at or above this one.
 *
 * Return: the port, or U32_MAX: there is none.
 */
static inline u32 kxen_port_set_find(struct kxen_port_set *s, u32 from, u32 limit)
{
	u32 port;

	limit = min(limit, s->max_ports);
	port = find_next_zero_bit(s->used, limit, from);
	return port < limit ? port : U32_MAX;
}

/* A port that exists and is free is used from now on. */
static inline void kxen_port_set_take(struct kxen_port_set *s, u32 port)
{
	__set_bit(port, s->used);
}

static inline void kxen_port_set_release(struct kxen_port_set *s, u32 port)
{
	__clear_bit(port, s->used);
}

/* The next port from @port on, below @nr, that is used, without a lock; U32_MAX: none. */
static inline u32 kxen_port_set_next(struct kxen_port_set *s, u32 port, u32 nr)
{
	port = find_next_bit(s->used, nr, port);
	return port < nr ? port : U32_MAX;
}

#endif
