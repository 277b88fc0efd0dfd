//go:build !purego

#include "textflag.h"

// The lowest set bit of a nibble, for the lower and the higher one of a byte; 255 where none is set.
DATA lowest<>+0(SB)/8, $0x00010002000100FF
DATA lowest<>+8(SB)/8, $0x0001000200010003
DATA lowest<>+16(SB)/8, $0x04050406040504FF
DATA lowest<>+24(SB)/8, $0x0405040604050407
DATA lowest<>+32(SB)/1, $0x0F
DATA lowest<>+33(SB)/1, $0x08
DATA lowest<>+34(SB)/1, $0x00
DATA lowest<>+35(SB)/1, $0x00
GLOBL lowest<>(SB), RODATA|NOPTR, $36

// The plane of eight leaves is in Y0 and Y1, a byte for each of 64 rows. It begins with all leaves, and each entry rules some out:
//
//	plane &= (cut > code) | keep
//
// where the comparison is a byte of ones or zeros. Then the lowest leaf that is left has its number in the plane by its two nibbles, 255 when there is none, plus eight for each plane before it
// (a sum that stays at 255), and the least of all planes goes to leaves.
//
//	AX next entry    BX next plane    CX planes left    DX entries of the plane left    SI codes    R8 column
//	Y2, Y3 least so far    Y4 eight times the plane    Y5 eights    Y6 nibbles    Y7, Y8 tables    Y9 ones

// func exitLeaves(leaves *[scoredRows]uint8, codes *uint8, splits *entry, planes *uint16, count int)
TEXT ·exitLeaves(SB), NOSPLIT, $0-40
	MOVQ codes+8(FP), SI
	MOVQ splits+16(FP), AX
	MOVQ planes+24(FP), BX
	MOVQ count+32(FP), CX
	VPCMPEQB Y9, Y9, Y9
	VMOVDQA Y9, Y2
	VMOVDQA Y9, Y3
	VPXOR Y4, Y4, Y4
	VPBROADCASTB lowest<>+33(SB), Y5
	VPBROADCASTB lowest<>+32(SB), Y6
	VBROADCASTI128 lowest<>+0(SB), Y7
	VBROADCASTI128 lowest<>+16(SB), Y8
plane:
	VMOVDQA Y9, Y0
	VMOVDQA Y9, Y1
	MOVWLZX (BX), DX
	ADDQ $2, BX
	TESTL DX, DX
	JZ lowest
entry:
	MOVWLZX (AX), R8
	VPBROADCASTB 2(AX), Y10
	VPBROADCASTB 3(AX), Y11
	VPCMPGTB (SI)(R8*8), Y10, Y12
	VPCMPGTB 32(SI)(R8*8), Y10, Y13
	VPOR Y11, Y12, Y12
	VPOR Y11, Y13, Y13
	VPAND Y12, Y0, Y0
	VPAND Y13, Y1, Y1
	ADDQ $4, AX
	DECL DX
	JNZ entry
lowest:
	VPSRLW $4, Y0, Y10
	VPSRLW $4, Y1, Y11
	VPAND Y6, Y0, Y0
	VPAND Y6, Y1, Y1
	VPAND Y6, Y10, Y10
	VPAND Y6, Y11, Y11
	VPSHUFB Y0, Y7, Y0
	VPSHUFB Y1, Y7, Y1
	VPSHUFB Y10, Y8, Y10
	VPSHUFB Y11, Y8, Y11
	VPMINUB Y10, Y0, Y0
	VPMINUB Y11, Y1, Y1
	VPADDUSB Y4, Y0, Y0
	VPADDUSB Y4, Y1, Y1
	VPMINUB Y0, Y2, Y2
	VPMINUB Y1, Y3, Y3
	VPADDB Y5, Y4, Y4
	DECQ CX
	JNZ plane
	MOVQ leaves+0(FP), DI
	VMOVDQU Y2, (DI)
	VMOVDQU Y3, 32(DI)
	VZEROUPPER
	RET

DATA largest<>+0(SB)/8, $0x7FEFFFFFFFFFFFFF
GLOBL largest<>(SB), RODATA|NOPTR, $8

// COUNT puts into COUNTED twice the number of the 16 numbers from FROM on that Y0 exceeds: 16 results of 8 bytes are packed into as many of 2, of which the signs are counted.
#define COUNT(FROM, COUNTED) \
	VCMPPD $0x1E, (FROM), Y0, Y1 \
	VCMPPD $0x1E, 32(FROM), Y0, Y2 \
	VCMPPD $0x1E, 64(FROM), Y0, Y3 \
	VCMPPD $0x1E, 96(FROM), Y0, Y4 \
	VPACKSSDW Y2, Y1, Y1 \
	VPACKSSDW Y4, Y3, Y3 \
	VPACKSSWB Y3, Y1, Y1 \
	VPMOVMSKB Y1, COUNTED \
	POPCNTL COUNTED, COUNTED

// The number of a row is in all places of Y0: the least of it and the largest number, or, where it is NaN, what stands for a missing value.
//
//	SI number    DX stride    CX rows left    DI code    BX pivots, or cuts    R9 whether there are pivots    R10 run of cuts    AX, R11 counts    X14 missing    X15 largest number

// func encodeColumn(codes *uint8, x *float64, stride, rows int, cuts *float64, pivots int, missing float64)
TEXT ·encodeColumn(SB), NOSPLIT, $0-56
	MOVQ codes+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ stride+16(FP), DX
	MOVQ rows+24(FP), CX
	MOVQ cuts+32(FP), BX
	MOVQ pivots+40(FP), R9
	VMOVSD missing+48(FP), X14
	VMOVSD largest<>+0(SB), X15
row:
	VMOVSD (SI), X0
	VCMPSD $3, X0, X0, X2
	VMINSD X0, X15, X1
	VBLENDVPD X2, X14, X1, X0
	VBROADCASTSD X0, Y0
	XORL AX, AX
	MOVQ BX, R10
	TESTQ R9, R9
	JZ counted
	COUNT(BX, AX)
	SHLL $3, AX
	LEAQ 128(BX)(AX*8), R10
counted:
	COUNT(R10, R11)
	SHRL $1, R11
	LEAL -128(AX)(R11*1), AX
	MOVB AX, (DI)
	ADDQ DX, SI
	INCQ DI
	DECQ CX
	JNZ row
	VZEROUPPER
	RET
