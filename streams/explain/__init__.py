"""explain: from anything that stands back to the sentences it rests on."""
