"""The glass slide and what lies on it: Specimen module (PS3.3 C.7.6.22)."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from coverslip.conversion.dicom import codes
from coverslip.conversion.dicom.assumed import ISSUER
from coverslip.conversion.identity import Identity
from coverslip.conversion.metadata import Code, Preparation, SlideMetadata

IDENTIFIER_DIGITS = 16


def add_specimen(made: Dataset, metadata: SlideMetadata, barcode: str | None, identity: Identity) -> None:
    """Container and specimen. The container is called what its label's barcode says, unless it was named."""
    named = metadata.ContainerIdentifier or (barcode or "")[:64]
    own = f"{ISSUER}-{identity.content[:IDENTIFIER_DIGITS].upper()}"
    made.ContainerIdentifier = named or own
    made.IssuerOfTheContainerIdentifierSequence = _issuer(bool(named))
    made.ContainerTypeCodeSequence = Sequence([codes.item(codes.MICROSCOPE_SLIDE)])
    specimen = Dataset()
    specimen.SpecimenIdentifier = metadata.SpecimenIdentifier or named or own
    specimen.IssuerOfTheSpecimenIdentifierSequence = _issuer(bool(metadata.SpecimenIdentifier or named))
    specimen.SpecimenUID = metadata.SpecimenUID or identity.slide_uid("specimen")
    if metadata.SpecimenShortDescription:
        specimen.SpecimenShortDescription = metadata.SpecimenShortDescription
    specimen.SpecimenPreparationSequence = Sequence(
        [_step(step, str(specimen.SpecimenIdentifier)) for step in metadata.SpecimenPreparation]
    )
    made.SpecimenDescriptionSequence = Sequence([specimen])


def _issuer(known: bool) -> Sequence:
    """Empty for what the laboratory named; Coverslip where it had to make a name."""
    if known:
        return Sequence([])
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = ISSUER
    return Sequence([issuer])


def _step(step: Preparation, identifier: str) -> Dataset:
    content = [_text(codes.SPECIMEN_IDENTIFIER, identifier), _concept(codes.PROCESSING_TYPE, step.processing_type)]
    if step.when is not None:
        when = _named("DATETIME", codes.PROCESSING_TIME)
        when.DateTime = step.when
        content.append(when)
    if step.description:
        content.append(_text(codes.PROCESSING_DESCRIPTION, step.description))
    if step.fixative is not None:
        content.append(_concept(codes.FIXATIVE, step.fixative))
    if step.embedding_medium is not None:
        content.append(_concept(codes.EMBEDDING_MEDIUM, step.embedding_medium))
    content.extend(_concept(codes.USING_SUBSTANCE, stain) for stain in step.stains)
    made = Dataset()
    made.SpecimenPreparationStepContentItemSequence = Sequence(content)
    return made


def _named(kind: str, name: Code) -> Dataset:
    made = Dataset()
    made.ValueType = kind
    made.ConceptNameCodeSequence = Sequence([codes.item(name)])
    return made


def _text(name: Code, value: str) -> Dataset:
    made = _named("TEXT", name)
    made.TextValue = value
    return made


def _concept(name: Code, value: Code) -> Dataset:
    made = _named("CODE", name)
    made.ConceptCodeSequence = Sequence([codes.item(value)])
    return made
