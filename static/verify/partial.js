/* A part of an RFC 6962 tree: some leaves at their places, and the hashes that lead to the root: `tlog/partial.py`. */
"use strict";

ithaca.partial = (() => {
  const { ProofError } = ithaca.errors;
  const { nodeHash } = ithaca.merkle;
  const HASH_SIZE = 32;

  /** The root of the tree, and those that it had at each cut, by size. `leafHashes` is a map by place. */
  function roots(size, shown, leafHashes, hashes, cuts = []) {
    requireInside(size, shown, 0, "leaves");
    requireInside(size, cuts, 1, "earlier sizes");
    if (hashes.some((one) => one.length !== HASH_SIZE)) {
      throw new ProofError(`a hash of the proof does not have ${HASH_SIZE} bytes`);
    }
    let taken = 0;
    const take = () => {
      if (taken === hashes.length) throw new ProofError("the proof holds too few hashes");
      return hashes[taken++];
    };
    const climb = (begin, end) => {
      const cut = holds(cuts, begin + 1, end); // an earlier tree ended within, so that this node did not exist then
      if (!cut && !holds(shown, begin, end)) return [take(), new Map()];
      if (end - begin === 1) return [leafHashes.get(begin), new Map()];
      const middle = split(begin, end), [left, earlier] = climb(begin, middle), [right, later] = climb(middle, end);
      // A smaller tree is divided at the same place as long as it reaches beyond it.
      for (const [at, part] of later) earlier.set(at, nodeHash(left, part));
      if (cut && holds(cuts, middle, middle + 1)) earlier.set(middle, left);
      return [nodeHash(left, right), earlier];
    };
    const [root, found] = climb(0, size);
    if (taken !== hashes.length) throw new ProofError(`the proof holds ${hashes.length} hashes, but ${taken} are needed`);
    return found.set(size, root);
  }

  function holds(places, begin, end) {
    const at = firstFrom(places, begin);
    return at < places.length && places[at] < end;
  }

  function firstFrom(places, wanted) {
    let low = 0, high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (places[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function split(begin, end) {
    let half = 1;
    while (2 * half < end - begin) half *= 2;
    return begin + half;
  }

  function requireInside(size, places, first, what) {
    let last = first - 1;
    for (const place of places) {
      if (!(last < place && place < size)) {
        throw new ProofError(`the ${what} shown of a tree of ${size} do not ascend, or lie outside`);
      }
      last = place;
    }
  }

  return { roots };
})();
