// Package place knows where the communes of France are, by postcode and by name,
// overseas included, the larger towns of other countries, and the outlines to draw
// them on. It asks nobody: the data ship with the program.
//
// The data stay packed: a search unpacks the part that it reads and keeps nothing,
// so the package costs no time at the start and no memory between searches.
//
// Of the 35,000 communes, those where nine tenths of the people live stand where
// they are; the smaller ones stand in the middle of those with the same postcode,
// or of the same union of communes, and say so (Town.Near).
//
// Sources: communes and postcodes from the Code officiel géographique (INSEE) and
// the postcodes of the administration, as packed by Etalab, Licence Ouverte 2.0;
// coordinates from GeoNames, CC BY 4.0; departments drawn after MapSVG, CC BY 4.0;
// coasts overseas from Natural Earth, public domain. data/generate.mjs makes the
// files anew.
package place
