"""The catalogue of causes and of integrity findings: one record each, from which all words about them come."""

from diagnosis.causes.cause import Cause
from diagnosis.causes.integrity import Integrity
from diagnosis.causes.record import CauseRecord, IntegrityRecord
from diagnosis.causes.words import sentence_of, tell_apart_of

__all__ = ["Cause", "CauseRecord", "Integrity", "IntegrityRecord", "sentence_of", "tell_apart_of"]
