"""The same person in two registers: normalise, block, score, assign one to one, explain. Nothing is ever merged.

How the parts fit, by what they pass on:

    Record --normalise--> Feature (a flat row; None is "not said")
    Feature --keys--> eight-byte HMACs          Feature x Feature --levels--> one Level a Comparison
    Model: (m, u) of each level as JSON         Score: prior + bits = weight
    scored pairs --assign--> Assigned (auto, one to one; review)      Score --explain--> Explanation, whole or masked

`plan` says as data what is compared and which pairs are looked at; each condition of `levels` knows its SQL and its
answer in Python, and `weighing` asks it of many pairs at once; tests hold the three together, so that batch and live
cannot mean different things. `batch` needs pyarrow, `train` splink and DuckDB; they are imported by jobs and the
command line only, never for a request: neither is imported here.
"""

from linkage.assignment import Assigned, Decision, assign, fit_thresholds
from linkage.explaining import Evidence, Explanation, explain
from linkage.keys import Keys
from linkage.live import Candidate, Live
from linkage.model import Bounds, Chance, Model, load, loads, save
from linkage.normalise import NORM_VERSION, Feature, normalise
from linkage.plan import CADRES
from linkage.records import InputError, LinkageError, ModelError, Record, Register, read_register
from linkage.scorer import Score, Scorer, probability, shares
from linkage.store import Entry, KeyStore, MemoryStore, SqliteStore

__all__ = [
    "CADRES",
    "NORM_VERSION",
    "Assigned",
    "Bounds",
    "Candidate",
    "Chance",
    "Decision",
    "Entry",
    "Evidence",
    "Explanation",
    "Feature",
    "InputError",
    "KeyStore",
    "Keys",
    "LinkageError",
    "Live",
    "MemoryStore",
    "Model",
    "ModelError",
    "Record",
    "Register",
    "Score",
    "Scorer",
    "SqliteStore",
    "assign",
    "explain",
    "fit_thresholds",
    "load",
    "loads",
    "normalise",
    "probability",
    "read_register",
    "save",
    "shares",
]
