"""Experiments on the models, one protocol a file; installed as ``burstnet.protocols``."""
