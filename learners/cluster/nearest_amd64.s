//go:build !purego

#include "textflag.h"

// A tile of 6 rows is held against a panel of 8 centres. Y0 to Y11 hold the 48 sums of products, two vectors a row; they begin at zero and take one product after the other, each
// with one rounding, as package matmul does it. All strides are in bytes.
//
//	R12 tile of x    AX row 0 of it, at t    BX row 3    DX row stride    DI row t of the panel    CX numbers left    R8 tiles left
//	SI least of the rows    R9 its centre    R10 second least, or 0    R11 number of the first centre of the panel    R13 what is fetched ahead: the tile after the next

// The least of the sums a and b of row i to all places of Y12; AX has a bit for each centre that has it; Y13 and Y14 tell which.
#define LEAST(a, b) \
	VMINPD     b, a, Y12 \
	VPERM2F128 $1, Y12, Y12, Y13 \
	VMINPD     Y13, Y12, Y12 \
	VPERMILPD  $5, Y12, Y13 \
	VMINPD     Y13, Y12, Y12 \
	VCMPPD     $0, Y12, a, Y13 \
	VCMPPD     $0, Y12, b, Y14 \
	VMOVMSKPD  Y13, AX \
	VMOVMSKPD  Y14, BX \
	SHLL       $4, BX \
	ORL        BX, AX

// Takes X12 and the first centre of AX where X12 is below what row i has so far.
#define TAKE(i) \
	VMOVSD  (8*i)(SI), X15 \
	VCMPSD  $1, X15, X12, X13 \
	VMOVQ   X13, CX \
	TZCNTL  AX, AX \
	ADDL    R11, AX \
	MOVL    (4*i)(R9), BX \
	TESTQ   CX, CX \
	CMOVLNE AX, BX \
	MOVL    BX, (4*i)(R9) \
	VMINSD  X15, X12, X13 \
	VMOVSD  X13, (8*i)(SI)

#define FIRST(i, a, b) \
	LEAST(a, b) \
	TAKE(i)

// The second least of the panel is the least where more than one centre has that, else the least of the others. Of the two least so far and the two of the panel the second least
// of all is min(max(first, first), min(second, second)).
#define SECOND(i, a, b) \
	LEAST(a, b) \
	VMOVAPD      Y12, Y15 \
	LEAL         -1(AX), CX \
	ANDL         AX, CX \
	JNZ          8(PC) \
	VBLENDVPD    Y13, infinite<>(SB), a, a \
	VBLENDVPD    Y14, infinite<>(SB), b, b \
	VMINPD       b, a, Y15 \
	VEXTRACTF128 $1, Y15, X13 \
	VMINPD       X13, X15, X15 \
	VPERMILPD    $1, X15, X13 \
	VMINPD       X13, X15, X15 \
	VMINSD       (8*i)(R10), X15, X15 \
	VMAXSD       (8*i)(SI), X12, X13 \
	VMINSD       X13, X15, X15 \
	VMOVSD       X15, (8*i)(R10) \
	TAKE(i)

DATA infinite<>+0(SB)/8, $0x7FF0000000000000
DATA infinite<>+8(SB)/8, $0x7FF0000000000000
DATA infinite<>+16(SB)/8, $0x7FF0000000000000
DATA infinite<>+24(SB)/8, $0x7FF0000000000000
GLOBL infinite<>(SB), RODATA|NOPTR, $32

// func nearestFMA(tiles, p int, x *float64, xRow int, panel, square *float64, from int, first *float64, which *int32, second *float64)
TEXT ·nearestFMA(SB), NOSPLIT, $0-80
	MOVQ tiles+0(FP), R8
	MOVQ x+16(FP), R12
	MOVQ xRow+24(FP), DX
	MOVQ from+48(FP), R11
	MOVQ first+56(FP), SI
	MOVQ which+64(FP), R9
	MOVQ second+72(FP), R10

tile:
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	VXORPD Y8, Y8, Y8
	VXORPD Y9, Y9, Y9
	VXORPD Y10, Y10, Y10
	VXORPD Y11, Y11, Y11
	MOVQ   R12, AX
	LEAQ   (DX)(DX*2), BX
	ADDQ   AX, BX
	MOVQ   panel+32(FP), DI
	MOVQ   p+8(FP), CX
	LEAQ   (DX)(DX*2), R13
	SHLQ   $2, R13
	ADDQ   R12, R13

product:
	PREFETCHT0   (R13)
	ADDQ         $48, R13
	VMOVUPD      (DI), Y12
	VMOVUPD      32(DI), Y13
	VBROADCASTSD (AX), Y14
	VBROADCASTSD (AX)(DX*1), Y15
	VFMADD231PD  Y12, Y14, Y0
	VFMADD231PD  Y13, Y14, Y1
	VFMADD231PD  Y12, Y15, Y2
	VFMADD231PD  Y13, Y15, Y3
	VBROADCASTSD (AX)(DX*2), Y14
	VBROADCASTSD (BX), Y15
	VFMADD231PD  Y12, Y14, Y4
	VFMADD231PD  Y13, Y14, Y5
	VFMADD231PD  Y12, Y15, Y6
	VFMADD231PD  Y13, Y15, Y7
	VBROADCASTSD (BX)(DX*1), Y14
	VBROADCASTSD (BX)(DX*2), Y15
	VFMADD231PD  Y12, Y14, Y8
	VFMADD231PD  Y13, Y14, Y9
	VFMADD231PD  Y12, Y15, Y10
	VFMADD231PD  Y13, Y15, Y11
	ADDQ         $8, AX
	ADDQ         $8, BX
	ADDQ         $64, DI
	DECQ         CX
	JNZ          product
	LEAQ         (DX)(DX*2), AX
	LEAQ         (R12)(AX*2), R12
	MOVQ         square+40(FP), DI
	VMOVUPD      (DI), Y12
	VMOVUPD      32(DI), Y13
	VADDPD       Y12, Y0, Y0
	VADDPD       Y13, Y1, Y1
	VADDPD       Y12, Y2, Y2
	VADDPD       Y13, Y3, Y3
	VADDPD       Y12, Y4, Y4
	VADDPD       Y13, Y5, Y5
	VADDPD       Y12, Y6, Y6
	VADDPD       Y13, Y7, Y7
	VADDPD       Y12, Y8, Y8
	VADDPD       Y13, Y9, Y9
	VADDPD       Y12, Y10, Y10
	VADDPD       Y13, Y11, Y11
	TESTQ        R10, R10
	JNZ          both
	FIRST(0, Y0, Y1)
	FIRST(1, Y2, Y3)
	FIRST(2, Y4, Y5)
	FIRST(3, Y6, Y7)
	FIRST(4, Y8, Y9)
	FIRST(5, Y10, Y11)
	ADDQ         $48, SI
	ADDQ         $24, R9
	DECQ         R8
	JNZ          tile
	VZEROUPPER
	RET

both:
	SECOND(0, Y0, Y1)
	SECOND(1, Y2, Y3)
	SECOND(2, Y4, Y5)
	SECOND(3, Y6, Y7)
	SECOND(4, Y8, Y9)
	SECOND(5, Y10, Y11)
	ADDQ $48, SI
	ADDQ $24, R9
	ADDQ $48, R10
	DECQ R8
	JNZ  tile
	VZEROUPPER
	RET

// The squared distances of row i from 4 candidates, whose sums of products are in a: Y8 are the candidates' squares, Y9 the share of the size that is rounding, Y7 the potentials.
#define DISTANCE(i, a) \
	VBROADCASTSD (8*i)(R9), Y12 \
	VADDPD       Y8, Y12, Y12 \
	VADDPD       Y12, a, a \
	VMULPD       Y9, Y12, Y12 \
	VCMPPD       $1, Y12, a, Y13 \
	VANDNPD      a, Y13, a \
	VMOVUPD      a, (32*i)(SI) \
	VBROADCASTSD (8*i)(R10), Y13 \
	VMINPD       Y13, a, Y13 \
	VBROADCASTSD (8*i)(R11), Y14 \
	VMULPD       Y14, Y13, Y13 \
	VADDPD       Y13, Y7, Y7

// func candidatesFMA(tiles, p int, x *float64, xRow int, panel, square, size, closest, weight, to, potential *float64, rounding float64)
TEXT ·candidatesFMA(SB), NOSPLIT, $0-96
	MOVQ         tiles+0(FP), R8
	MOVQ         x+16(FP), R12
	MOVQ         xRow+24(FP), DX
	MOVQ         square+40(FP), AX
	MOVQ         size+48(FP), R9
	MOVQ         closest+56(FP), R10
	MOVQ         weight+64(FP), R11
	MOVQ         to+72(FP), SI
	MOVQ         potential+80(FP), R13
	VMOVUPD      (AX), Y8
	VBROADCASTSD rounding+88(FP), Y9
	VMOVUPD      (R13), Y7

rows:
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	MOVQ   R12, AX
	LEAQ   (DX)(DX*2), BX
	ADDQ   AX, BX
	MOVQ   panel+32(FP), DI
	MOVQ   p+8(FP), CX
	LEAQ   (DX)(DX*2), R13
	SHLQ   $2, R13
	ADDQ   R12, R13

sum:
	PREFETCHT0   (R13)
	ADDQ         $48, R13
	VMOVUPD      (DI), Y12
	VBROADCASTSD (AX), Y13
	VBROADCASTSD (AX)(DX*1), Y14
	VBROADCASTSD (AX)(DX*2), Y15
	VFMADD231PD  Y12, Y13, Y0
	VFMADD231PD  Y12, Y14, Y1
	VFMADD231PD  Y12, Y15, Y2
	VBROADCASTSD (BX), Y13
	VBROADCASTSD (BX)(DX*1), Y14
	VBROADCASTSD (BX)(DX*2), Y15
	VFMADD231PD  Y12, Y13, Y3
	VFMADD231PD  Y12, Y14, Y4
	VFMADD231PD  Y12, Y15, Y5
	ADDQ         $8, AX
	ADDQ         $8, BX
	ADDQ         $32, DI
	DECQ         CX
	JNZ          sum
	LEAQ         (DX)(DX*2), AX
	LEAQ         (R12)(AX*2), R12
	DISTANCE(0, Y0)
	DISTANCE(1, Y1)
	DISTANCE(2, Y2)
	DISTANCE(3, Y3)
	DISTANCE(4, Y4)
	DISTANCE(5, Y5)
	ADDQ         $48, R9
	ADDQ         $48, R10
	ADDQ         $48, R11
	ADDQ         $192, SI
	DECQ         R8
	JNZ          rows
	MOVQ         potential+80(FP), R13
	VMOVUPD      Y7, (R13)
	VZEROUPPER
	RET
