"""Named, cited circuits; installed as ``burstnet.models``."""
